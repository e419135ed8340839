/** What the demo workflow takes at most. */
export const PHOTO_LIMITS = {
  /** Bytes of a file that is read into memory. */
  maxBytes: 60_000_000,
  /** Pixels of a picture that is decoded; phones take up to 50 million. */
  maxPixels: 64_000_000,
  /** Files held and decoded at the same time in this process. */
  atOnce: 2,
} as const;

/** What the workflow needs of an image library. */
export interface PictureTool {
  /** Reads the header only. Width and height are as the picture is meant to be seen (EXIF orientation applied). */
  describe(
    file: Buffer,
  ): Promise<{ readonly format: string; readonly width: number; readonly height: number }>;
  /** A JPEG copy that is `width` pixels wide, or less when the picture is. */
  resize(
    file: Buffer,
    width: number,
  ): Promise<{ readonly width: number; readonly height: number; readonly bytes: Buffer }>;
  /**
   * Raw pixels of the picture or an area of it, made small enough to fit `fit` × `fit`: three bytes (red, green, blue) per
   * pixel. Transparent parts are shown on white.
   */
  pixels(
    file: Buffer,
    options: {
      readonly fit: number;
      readonly area?: {
        readonly left: number;
        readonly top: number;
        readonly width: number;
        readonly height: number;
      };
    },
  ): Promise<{ readonly width: number; readonly height: number; readonly bytes: Buffer }>;
}

/** What a {@link PictureTool} throws when the file is at fault. */
export class PictureError extends Error {
  readonly reason: 'undecodable' | 'tooManyPixels';
  constructor(reason: 'undecodable' | 'tooManyPixels', options?: ErrorOptions) {
    super(`the picture cannot be used: ${reason}`, options);
    this.name = 'PictureError';
    this.reason = reason;
  }
}
