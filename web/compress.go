package web

import (
	"bytes"
	"sync"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// Pages are compressed while somebody waits: the fast levels cost a tenth of the
// best ones and lose a tenth in size.
var (
	pageZstd  = sync.OnceValue(func() *zstd.Encoder { return newZstd(zstd.SpeedDefault) })
	quickZstd = sync.OnceValue(func() *zstd.Encoder { return newZstd(zstd.SpeedFastest) })
	pageGzip  = sync.Pool{New: func() any {
		w, _ := gzip.NewWriterLevel(nil, 5) //nolint:errcheck // the level is a constant
		return w
	}}
)

func newZstd(level zstd.EncoderLevel) *zstd.Encoder {
	encoder, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(level), zstd.WithEncoderConcurrency(2), zstd.WithWindowSize(1<<20))
	if err != nil {
		panic(err) // the options are constants
	}
	return encoder
}

// CompressOnce packs a page that is sent once, as Compress does, in two thirds of
// its time and a twentieth more bytes.
func CompressOnce(encoding string, page []byte) []byte {
	if encoding == encodingZstd {
		return quickZstd().EncodeAll(page, make([]byte, 0, len(page)/4))
	}
	return Compress(encoding, page)
}

// Compress packs a page that many get, in an encoding that PreferredEncoding named.
func Compress(encoding string, page []byte) []byte {
	if encoding == encodingZstd {
		return pageZstd().EncodeAll(page, make([]byte, 0, len(page)/4))
	}
	w := pageGzip.Get().(*gzip.Writer) //nolint:errcheck // only *gzip.Writer are put there
	defer pageGzip.Put(w)
	var out bytes.Buffer
	out.Grow(len(page) / 4)
	w.Reset(&out)
	w.Write(page) //nolint:errcheck // a bytes.Buffer does not fail
	w.Close()     //nolint:errcheck // likewise
	return out.Bytes()
}
