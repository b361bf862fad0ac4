declare module 'mistral-tokenizer-js' {
  const tokenizer: { readonly vocabById: string[] };
  export default tokenizer;
}
