package web

import "testing"

func TestChooseEncoding_follows_the_clients_weights(t *testing.T) {
	t.Parallel()
	bodies := map[string][]byte{encodingPlain: make([]byte, 100), encodingGzip: make([]byte, 12), encodingZstd: make([]byte, 10)}
	for accept, want := range map[string]string{
		"":                          encodingPlain,
		"gzip, deflate, br, zstd":   encodingZstd,
		"gzip, deflate, br":         encodingGzip,
		"GZIP":                      encodingGzip,
		"x-gzip":                    encodingGzip,
		"br":                        encodingPlain,
		"zstd;q=0.5, gzip":          encodingGzip,
		"zstd;q=0.5, gzip;q=0.4":    encodingZstd,
		"zstd;q=0, gzip;q=0":        encodingPlain,
		"gzip;q=0.001":              encodingGzip,
		"*":                         encodingZstd,
		"*;q=0":                     encodingPlain,
		"zstd;q=0, *":               encodingGzip,
		"identity, gzip;q=0.5":      encodingPlain,
		"identity;q=0":              encodingPlain,
		"identity;q=0, gzip":        encodingGzip,
		"gzip;q=2":                  encodingPlain,
		"gzip;q=-1":                 encodingPlain,
		"gzip;q=NaN":                encodingPlain,
		"gzip;level=9":              encodingPlain,
		"gzip ; q=0.8 , zstd;q=0.1": encodingGzip,
		",,;q=1,":                   encodingPlain,
		"zstd\x00, gzip":            encodingGzip,
	} {
		if got := chooseEncoding([]string{accept}, bodies); got != want {
			t.Errorf("Accept-Encoding %q: got %s, want %s", accept, got, want)
		}
	}
	if got := chooseEncoding([]string{"br", "gzip"}, bodies); got != encodingGzip {
		t.Errorf("two header lines: got %s, want gzip", got)
	}
}

func TestChooseEncoding_of_equals_takes_the_smallest_there_is(t *testing.T) {
	t.Parallel()
	larger := map[string][]byte{encodingPlain: make([]byte, 100), encodingGzip: make([]byte, 12), encodingZstd: make([]byte, 13)}
	if got := chooseEncoding([]string{"gzip, zstd"}, larger); got != encodingGzip {
		t.Errorf("got %s, the larger one", got)
	}
	alone := map[string][]byte{encodingPlain: make([]byte, 100)}
	if got := chooseEncoding([]string{"gzip, zstd"}, alone); got != encodingPlain {
		t.Errorf("got %s, which there is not", got)
	}
}
