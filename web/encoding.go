package web

import (
	"strconv"
	"strings"
)

// chooseEncoding picks, among the bodies there are, the one the client likes best by its
// Accept-Encoding (RFC 9110 12.5.3); of equals the smallest. Where all are refused the plain
// body is sent nevertheless: the standard allows it, and an unreadable page helps nobody.
func chooseEncoding(headers []string, bodies map[string][]byte) string {
	weights := parseWeights(headers)
	best, bestWeight := encodingPlain, 0.0
	for _, encoding := range []string{encodingZstd, encodingGzip, encodingPlain} {
		body, ok := bodies[encoding]
		if !ok {
			continue
		}
		weight := weightOf(weights, encoding)
		better := weight > bestWeight || weight == bestWeight && len(body) < len(bodies[best])
		if weight > 0 && better {
			best, bestWeight = encoding, weight
		}
	}
	return best
}

// weightOf is how much the client likes an encoding, 0 to 1. One that is not named has the
// weight of "*"; without that only the plain body is welcome, after everything named.
func weightOf(weights map[string]float64, encoding string) float64 {
	if weight, ok := weights[encoding]; ok {
		return weight
	}
	if weight, ok := weights["*"]; ok {
		return weight
	}
	if encoding == encodingPlain {
		return 0.0001 // below the least weight that can be written, 0.001
	}
	return 0
}

// parseWeights reads the header's list. A weight that cannot be read refuses its encoding:
// what the client did not clearly ask for is not sent.
func parseWeights(headers []string) map[string]float64 {
	weights := map[string]float64{}
	for _, header := range headers {
		for item := range strings.SplitSeq(header, ",") {
			name, params, _ := strings.Cut(item, ";")
			name = strings.ToLower(strings.TrimSpace(name))
			if name == "" {
				continue
			}
			if name == "x-gzip" {
				name = encodingGzip
			}
			weights[name] = parseWeight(params)
		}
	}
	return weights
}

func parseWeight(params string) float64 {
	params = strings.ToLower(strings.TrimSpace(params))
	if params == "" {
		return 1
	}
	value, ok := strings.CutPrefix(params, "q=")
	if !ok {
		return 0
	}
	weight, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
	if err != nil || !(weight >= 0 && weight <= 1) {
		return 0
	}
	return weight
}

// PreferredEncoding is the compression the client likes best, "zstd" or "gzip";
// "" means that the plain body is to be sent.
func PreferredEncoding(headers []string) string {
	if len(headers) == 0 {
		return ""
	}
	weights := parseWeights(headers)
	zstd, gzip := weightOf(weights, encodingZstd), weightOf(weights, encodingGzip)
	switch plain := weightOf(weights, encodingPlain); {
	case zstd > 0 && zstd >= gzip && zstd >= plain:
		return encodingZstd
	case gzip > 0 && gzip >= plain:
		return encodingGzip
	}
	return ""
}
