/** Width and height of the thumbnail in device pixels: twice what is shown. */
const THUMBNAIL = 112;

async function jpegOf(canvas: OffscreenCanvas, quality: number): Promise<Blob> {
  return canvas.convertToBlob({ type: 'image/jpeg', quality });
}

function contextOf(canvas: OffscreenCanvas): OffscreenCanvasRenderingContext2D {
  const context = canvas.getContext('2d');
  if (context === null) throw new Error('this browser cannot draw');
  return context;
}

/** A small square of a picture as a `data:` URL of a few kilobytes; undefined when the file is no picture. */
export async function thumbnailOf(file: Blob): Promise<string | undefined> {
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(file);
  } catch {
    // The browser cannot show it. Whether it is an image is for the workflow to say.
    return undefined;
  }
  const side = Math.min(bitmap.width, bitmap.height);
  const canvas = new OffscreenCanvas(THUMBNAIL, THUMBNAIL);
  contextOf(canvas).drawImage(
    bitmap,
    (bitmap.width - side) / 2,
    (bitmap.height - side) / 2,
    side,
    side,
    0,
    0,
    THUMBNAIL,
    THUMBNAIL,
  );
  bitmap.close();
  const bytes = new Uint8Array(await (await jpegOf(canvas, 0.75)).arrayBuffer());
  return `data:image/jpeg;base64,${btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))}`;
}

/** Paints hills at some hour of some day and gives them as a JPEG of 1600 × 1067. No two are alike. */
export async function samplePhoto(random: () => number = Math.random): Promise<File> {
  const [width, height] = [1600, 1067];
  const canvas = new OffscreenCanvas(width, height);
  const context = contextOf(canvas);
  const hue = Math.floor(random() * 360);

  const sky = context.createLinearGradient(0, 0, 0, height);
  sky.addColorStop(0, `hsl(${hue} 45% 38%)`);
  sky.addColorStop(0.65, `hsl(${(hue + 35) % 360} 75% 78%)`);
  context.fillStyle = sky;
  context.fillRect(0, 0, width, height);

  context.fillStyle = `hsl(${(hue + 50) % 360} 95% 90%)`;
  context.beginPath();
  context.arc(width * (0.2 + random() * 0.6), height * (0.25 + random() * 0.25), 60 + random() * 40, 0, 7);
  context.fill();

  for (let ridge = 0; ridge < 5; ridge += 1) {
    const base = height * (0.5 + ridge * 0.11);
    const [first, second] = [random() * 6, random() * 6];
    context.fillStyle = `hsl(${(hue + 200 + ridge * 8) % 360} ${26 + ridge * 4}% ${52 - ridge * 9}%)`;
    context.beginPath();
    context.moveTo(0, height);
    for (let x = 0; x <= width; x += 8) {
      const swell = Math.sin(x / (210 - ridge * 22) + first) * 46 + Math.sin(x / 67 + second) * 13;
      context.lineTo(x, base + swell - random() * 5);
    }
    context.lineTo(width, height);
    context.fill();
  }
  return new File([await jpegOf(canvas, 0.9)], `hills-${Math.floor(random() * 9000 + 1000)}.jpg`, {
    type: 'image/jpeg',
  });
}
