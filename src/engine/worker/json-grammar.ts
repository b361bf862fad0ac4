/** Any JSON object, RFC 8259, in the EBNF that WebLLM's grammar engine reads. White space is kept short: a model may repeat it for ever. */
export const JSON_OBJECT_GRAMMAR = String.raw`root ::= object
object ::= "{" space ( member ( "," space member )* )? "}"
member ::= string ":" space value space
array ::= "[" space ( value space ( "," space value space )* )? "]"
value ::= object | array | string | number | "true" | "false" | "null"
string ::= "\"" character* "\""
character ::= [^"\\\x00-\x1F] | "\\" ( ["\\/bfnrt] | "u" hex hex hex hex )
hex ::= [0-9a-fA-F]
number ::= "-"? ( "0" | [1-9] [0-9]* ) ( "." [0-9]+ )? ( [eE] [+-]? [0-9]+ )?
space ::= [ \n]? [ ]? [ ]?
`;
