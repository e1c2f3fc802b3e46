package model

import "math"

// mix is the finaliser of splitmix64: neighbouring inputs give unrelated outputs.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9
	x = (x ^ (x >> 27)) * 0x94d049bb133111eb
	return x ^ (x >> 31)
}

// hash combines a seed with any number of coordinates.
func hash(seed uint64, parts ...uint64) uint64 {
	for _, part := range parts {
		seed = mix(seed ^ part*0xd6e8feb86659fd93)
	}
	return seed
}

// uniform maps a hash onto [0, 1).
func uniform(h uint64) float64 { return float64(h>>11) / (1 << 53) }

// bell is roughly normal with mean 0 and standard deviation 1: the sum of four 16-bit numbers.
func bell(h uint64) float64 {
	sum := float64(h&0xffff) + float64(h>>16&0xffff) + float64(h>>32&0xffff) + float64(h>>48)
	return (sum/65536 - 2) * 1.7320508075688772
}

// arrivals draws a number of requests with the mean and the spread of a Poisson distribution. The
// fraction that is left over is settled by chance, so that small means are kept exactly on average.
func arrivals(mean float64, h uint64) int64 {
	if mean <= 0 {
		return 0
	}
	if mean < 4 {
		// Inversion: the bell is too wide for rare events.
		u, p, n := uniform(h), math.Exp(-mean), int64(0)
		for u > p && n < 40 {
			u -= p
			n++
			p *= mean / float64(n)
		}
		return n
	}
	value := mean + math.Sqrt(mean)*bell(h) + uniform(mix(h))
	if value < 0 {
		return 0
	}
	return int64(value)
}

// portion is a whole number near n*share; u in [0, 1) settles the fraction without bias. With one u,
// it is monotonic in share and portion(n, 1, u) is n: cumulative histogram buckets need both.
func portion(n int64, share, u float64) int64 {
	if share <= 0 {
		return 0
	}
	if share >= 1 {
		return n
	}
	return int64(float64(n)*share + u)
}
