/** Gives files to the user. */

/** Milliseconds until a saved file is released; the browser has begun to read it by then. */
const RELEASE_MS = 10_000;

/** Save the content of a URL. */
export function saveUrl(name: string, url: string): void {
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
}

/** Save content; its type decides whether a browser would open it as a page of this site. */
export function saveFile(name: string, content: BlobPart, type: string): void {
  const url = URL.createObjectURL(new Blob([content], { type }));
  saveUrl(name, url);
  setTimeout(() => URL.revokeObjectURL(url), RELEASE_MS);
}
