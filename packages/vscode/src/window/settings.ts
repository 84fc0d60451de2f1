import { type Uri, workspace } from 'vscode';

/** The settings of the extension, as they are now. */
export interface ExtensionSettings {
  mode: 'automatic' | 'onDemand' | 'off';
  debounceMs: number;
  maxTokens: number;
  multiline: boolean;
  alternatives: number;
  languages: Readonly<Record<string, boolean>>;
}

/** Of a file, since languages and folders may have settings of their own. */
export function settingsFor(uri: Uri | undefined): ExtensionSettings {
  const completion = workspace.getConfiguration('gardener.completion', uri);
  return {
    mode: completion.get('mode', 'automatic'),
    debounceMs: completion.get('debounceMs', 80),
    maxTokens: completion.get('maxTokens', 64),
    multiline: completion.get('multiline', true),
    alternatives: completion.get('alternatives', 3),
    languages: completion.get('languages', {}),
  };
}

/** Whether code is suggested in a language. */
export function isLanguageOn({ languages }: Pick<ExtensionSettings, 'languages'>, language: string): boolean {
  return languages[language] ?? languages['*'] ?? true;
}

/** Where the server is and how it is started: of the machine, never of a folder, which may be anybody's. */
export function serverSettings() {
  const settings = workspace.getConfiguration('gardener');
  return {
    url: settings.get('server.url', '').trim().replace(/\/+$/, ''),
    start: settings.get<'ask' | 'automatic' | 'never'>('server.start', 'ask'),
    command: settings.get('server.command', 'gardener').trim() || 'gardener',
    dataDirectory: settings.get('dataDirectory', '').trim(),
  };
}
