import type { ExtensionContext } from 'vscode';
import { activate as start } from './extension.js';
import { desktopHost } from './host/desktop-host.js';

export const activate = (context: ExtensionContext): Promise<void> => start(context, desktopHost);
