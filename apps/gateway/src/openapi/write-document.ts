import 'reflect-metadata';
import { writeFileSync } from 'node:fs';
import { CONTROLLERS } from '../gateway.module.js';
import { openApiDocument } from './document.js';

/** Program of the build: writes the document to the file that it is given, and needs no server for it. */
writeFileSync(process.argv[2]!, JSON.stringify(openApiDocument(CONTROLLERS)));
