// The two functions of the host that the library needs; everything else it is handed at run time. AssemblyScript imports
// what is declared here under this file's name: module "env".

/** Calls JS function number `self`; 0 = ok, otherwise the host has already set the error text. */
export declare function TVMFFIWasmSafeCall(self: i32, args: usize, count: i32, result: usize): i32;

/** Gives slot `self` of the host's function table back; to be called once, when the Function object dies. */
export declare function TVMFFIWasmFunctionDeleter(self: i32): void;
