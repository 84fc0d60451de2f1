import type { ExtensionContext } from 'vscode';
import { activate as start } from './extension.js';
import { webHost } from './host/web-host.js';

export const activate = (context: ExtensionContext): Promise<void> => start(context, webHost);
