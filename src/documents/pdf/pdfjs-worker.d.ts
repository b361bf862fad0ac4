// pdfjs-dist ships no types for the half of it that is imported for its effect alone.
declare module 'pdfjs-dist/legacy/build/pdf.worker.mjs';
