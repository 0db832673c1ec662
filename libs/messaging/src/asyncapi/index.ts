/** The AsyncAPI 3 document. Imported on first use, since only the gateway serves it. */
export const asyncApiDocument = async (): Promise<object> => (await import('./document.js')).asyncApiDocument();
