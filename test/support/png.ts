/*
 * Writes screenshots as small PNG files, still or animated, with a palette: https://www.w3.org/TR/png-3/. A page has few
 * colours, so that what Chromium writes shrinks to a third.
 */
import { crc32, deflateSync } from 'node:zlib';

/** One byte each of red, green, blue and alpha a pixel, as a canvas gives them. */
export interface Image {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint32Array;
}

/** A part of the animation: the whole picture, and how long it is shown. */
export interface Frame {
  readonly image: Image;
  readonly milliseconds: number;
}

/** A PNG of one frame, or an animated one of several, all of the same size. It repeats forever. */
export function encodePng(frames: readonly Frame[]): Buffer {
  const [first] = frames;
  if (!first) throw new Error('A picture has at least one frame.');
  const { width, height } = first.image;
  const palette = choosePalette(frames.map(({ image }) => image));
  const header = bytes([width, 4], [height, 4], [8, 1], [3, 1], [0, 3]);
  const colors = Buffer.concat(
    [...palette.colors].map((color) => bytes([color & 255, 1], [(color >> 8) & 255, 1], [(color >> 16) & 255, 1])),
  );
  const animated = frames.length > 1;
  let sequence = 0;
  const pieces = frames.flatMap(({ image, milliseconds }, index) => {
    const part = index === 0 ? { x: 0, y: 0, width, height } : changedPart(frames[index - 1]!.image, image);
    const data = compress(image, part, palette.indexOf);
    const control = () =>
      chunk(
        'fcTL',
        bytes(
          [sequence++, 4],
          [part.width, 4],
          [part.height, 4],
          [part.x, 4],
          [part.y, 4],
          [milliseconds, 2],
          [1000, 2],
          [0, 2],
        ),
      );
    if (index === 0) return [...(animated ? [control()] : []), chunk('IDAT', data)];
    return [control(), chunk('fdAT', Buffer.concat([bytes([sequence++, 4]), data]))];
  });
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('PLTE', colors),
    ...(animated ? [chunk('acTL', bytes([frames.length, 4], [0, 4]))] : []),
    ...pieces,
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** The 256 most frequent colours; every other one becomes the nearest of them. */
function choosePalette(images: readonly Image[]): { colors: number[]; indexOf: (color: number) => number } {
  const counts = new Map<number, number>();
  for (const { pixels } of images) for (const color of pixels) counts.set(color, (counts.get(color) ?? 0) + 1);
  const colors = [...counts]
    .sort((a, b) => b[1] - a[1])
    .slice(0, 256)
    .map(([color]) => color);
  const known = new Map(colors.map((color, index) => [color, index]));
  return {
    colors,
    indexOf(color) {
      let index = known.get(color);
      if (index === undefined) {
        const distances = colors.map((other) => distance(color, other));
        index = distances.indexOf(Math.min(...distances));
        known.set(color, index);
      }
      return index;
    },
  };
}

function distance(a: number, b: number): number {
  return [0, 8, 16].reduce((sum, shift) => sum + (((a >> shift) & 255) - ((b >> shift) & 255)) ** 2, 0);
}

/** The smallest rectangle that holds every change; a single pixel when there is none. */
function changedPart(before: Image, { width, height, pixels }: Image) {
  let [left, top, right, bottom] = [width, height, 0, 0];
  pixels.forEach((color, index) => {
    if (color === before.pixels[index]) return;
    const [x, y] = [index % width, Math.floor(index / width)];
    [left, top, right, bottom] = [Math.min(left, x), Math.min(top, y), Math.max(right, x), Math.max(bottom, y)];
  });
  if (left > right) return { x: 0, y: 0, width: 1, height: 1 };
  return { x: left, y: top, width: right - left + 1, height: bottom - top + 1 };
}

type Part = ReturnType<typeof changedPart>;

function compress({ width, pixels }: Image, part: Part, indexOf: (color: number) => number): Buffer {
  const rows = Buffer.alloc(part.height * (part.width + 1)); // before each row its filter: none
  for (let y = 0; y < part.height; y++)
    for (let x = 0; x < part.width; x++)
      rows[y * (part.width + 1) + 1 + x] = indexOf(pixels[(part.y + y) * width + part.x + x]!);
  return deflateSync(rows, { level: 9 });
}

function chunk(type: string, data: Buffer): Buffer {
  const content = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  return Buffer.concat([bytes([data.length, 4]), content, bytes([crc32(content), 4])]);
}

/** Numbers, each in so many bytes, the highest first. */
function bytes(...numbers: readonly (readonly [value: number, length: number])[]): Buffer {
  return Buffer.concat(
    numbers.map(([value, length]) => {
      const buffer = Buffer.alloc(length);
      buffer.writeUIntBE(value, 0, length);
      return buffer;
    }),
  );
}
