/** The AsyncAPI 3 document. Loaded when it is asked for: of all services only the gateway serves it. */
export const asyncApiDocument = async (): Promise<object> => (await import('./document.js')).asyncApiDocument();
