/** Hand a person a file, through an anchor that is never seen. */
export function download(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  // The browser reads the address after this task; give it time before the address is taken back.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

export const svgBlob = (svg: SVGSVGElement): Blob =>
  new Blob([new XMLSerializer().serializeToString(svg)], { type: "image/svg+xml" });

/** A canvas as a file. A browser makes it in its idle time between frames, so there are frames until it has. */
export function pngOf(canvas: HTMLCanvasElement): Promise<Blob> {
  let frame = requestAnimationFrame(function next() {
    frame = requestAnimationFrame(next);
  });
  const made = new Promise<Blob>((done, fail) =>
    canvas.toBlob((blob) => (blob ? done(blob) : fail(new Error("the canvas is empty"))), "image/png"),
  );
  return made.finally(() => cancelAnimationFrame(frame));
}

/** Paint an SVG at twice its size. */
export async function pngBlob(svg: SVGSVGElement, scale = 2): Promise<Blob> {
  const address = URL.createObjectURL(svgBlob(svg));
  try {
    const image = new Image();
    image.src = address;
    await image.decode();
    const canvas = document.createElement("canvas");
    canvas.width = image.naturalWidth * scale;
    canvas.height = image.naturalHeight * scale;
    canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
    return await pngOf(canvas);
  } finally {
    URL.revokeObjectURL(address);
  }
}

/** Copy text; where the page may not use the clipboard, through a selection as browsers always allowed. */
export async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const before = document.activeElement as HTMLElement | null;
    const area = document.createElement("textarea");
    area.value = text;
    area.style.cssText = "position:fixed;opacity:0";
    document.body.append(area);
    area.select();
    const done = document.execCommand?.("copy") ?? false;
    area.remove();
    before?.focus();
    return done;
  }
}
