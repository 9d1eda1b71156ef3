package main

import (
	"math"
	"math/rand/v2"

	"hustings/internal/postgres"
)

// namedShape is a thread that is to be made.
type namedShape struct {
	slug  string
	shape postgres.Shape
}

// sizes are the quantiles of thread sizes in data-and-speed.md; the largest
// threads are the named ones.
var sizes = []struct{ quantile, comments float64 }{{0, 1}, {0.5, 9}, {0.9, 45}, {0.99, 423}, {0.999, 3941}, {1, 6000}}

// size is the size of the thread at a quantile, on a logarithmic scale between
// the known ones.
func size(q float64) int {
	for i := 1; i < len(sizes); i++ {
		low, high := sizes[i-1], sizes[i]
		if q <= high.quantile {
			part := (q - low.quantile) / (high.quantile - low.quantile)
			return int(math.Round(math.Exp(math.Log(low.comments) + part*math.Log(high.comments/low.comments))))
		}
	}
	return int(sizes[len(sizes)-1].comments)
}

// How ordinary threads branch: a third answers the article, most others one of
// the latest comments. It gives a median depth of 2 and nine of ten within 6.
const (
	topShare     = 0.3
	latest       = 12
	deepOrdinary = 29 // levels below the first
)

// ordinary is a thread as people make them.
func ordinary(random *rand.Rand, n int) postgres.Shape {
	shape, depth := make(postgres.Shape, n), make([]int, n)
	for i := range shape {
		shape[i] = -1
		if i == 0 || random.Float64() < topShare {
			continue
		}
		parent := i - 1 - random.IntN(min(i, latest))
		if depth[parent] < deepOrdinary {
			shape[i], depth[i] = parent, depth[parent]+1
		}
	}
	return shape
}

// largeBranch is how many comments answer the first one of the largest thread, at
// some level.
const largeBranch = 656

// withBranch is an ordinary thread whose first comment has a large branch.
func withBranch(random *rand.Rand, n, branch int) postgres.Shape {
	shape := ordinary(random, n)
	for i := 1; i <= branch; i++ {
		shape[i] = random.IntN(i)
	}
	for i := branch + 1; i < n; i++ {
		if shape[i] <= branch {
			shape[i] = -1
		}
	}
	return shape
}

// chain is a thread in which each comment answers the one before.
func chain(n int) postgres.Shape {
	shape := make(postgres.Shape, n)
	for i := range shape {
		shape[i] = i - 1
	}
	return shape
}
