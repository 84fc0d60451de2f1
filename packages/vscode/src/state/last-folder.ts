/**
 * The folder that is being worked on, of what the editor tells about its documents. While a panel has the focus no
 * document is edited, and one that is edited may be in no folder: then it is the folder of the last one that was.
 */
export class LastFolder<Uri, Folder> {
  #last: Uri | undefined;

  /** @param folderOf the folder that a document is in now; folders are opened and closed meanwhile */
  constructor(private readonly folderOf: (uri: Uri) => Folder | undefined) {}

  /**
   * Remembers the folder of the document that is edited.
   * @returns that folder, else the last one while it is open
   */
  at(uri: Uri | undefined): Folder | undefined {
    if (uri !== undefined && this.folderOf(uri) !== undefined) this.#last = uri;
    return this.#last === undefined ? undefined : this.folderOf(this.#last);
  }
}
