// The readers of the codes on goods, of @zxing/library: EAN and UPC, Code 128, Code 39, ITF. `VERSION.md` says how it is built.
import BinaryBitmap from "@zxing/library/es2015/core/BinaryBitmap.js";
import NotFoundException from "@zxing/library/es2015/core/NotFoundException.js";
import RGBLuminanceSource from "@zxing/library/es2015/core/RGBLuminanceSource.js";
import GlobalHistogramBinarizer from "@zxing/library/es2015/core/common/GlobalHistogramBinarizer.js";
import Code128Reader from "@zxing/library/es2015/core/oned/Code128Reader.js";
import Code39Reader from "@zxing/library/es2015/core/oned/Code39Reader.js";
import ITFReader from "@zxing/library/es2015/core/oned/ITFReader.js";
import MultiFormatUPCEANReader from "@zxing/library/es2015/core/oned/MultiFormatUPCEANReader.js";
import OneDReader from "@zxing/library/es2015/core/oned/OneDReader.js";

class GoodsReader extends OneDReader {
  constructor() {
    super();
    this.readers = [new MultiFormatUPCEANReader(null), new Code128Reader(), new Code39Reader(), new ITFReader()];
  }

  decodeRow(number, row, hints) {
    for (const reader of this.readers) {
      try {
        return reader.decodeRow(number, row, hints);
      } catch {
        // none of this reader's; the next may know it
      }
    }
    throw new NotFoundException();
  }

  reset() {
    for (const reader of this.readers) reader.reset();
  }
}

const reader = new GoodsReader();

/** The code across the middle of a picture, or null. `grey` has a byte for each pixel. */
export function readCode(grey, width, height) {
  try {
    const source = new RGBLuminanceSource(grey, width, height);
    return reader.decode(new BinaryBitmap(new GlobalHistogramBinarizer(source))).getText();
  } catch {
    return null;
  }
}
