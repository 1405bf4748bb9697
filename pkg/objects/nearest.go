package objects

import "strings"

// Nearest returns the one of the words that a mistyped word most likely meant,
// or "" if none is near: at most one slip in four letters, where a slip is a
// letter too many, too few, wrong, or swapped with its neighbour. Failing
// that, a single word that begins with what was typed is taken.
func Nearest(word string, among []string) string {
	word = strings.ToLower(word)
	if word == "" || len(word) > 64 {
		return ""
	}
	best, least := "", 0
	prefixed, begin := "", 0
	for _, w := range among {
		lower := strings.ToLower(w)
		if strings.HasPrefix(lower, word) && len(word) >= 3 {
			prefixed = w
			begin++
		}
		allowed := max(1, (min(len(word), len(lower))+1)/4)
		if diff := len(lower) - len(word); diff > allowed || -diff > allowed {
			continue
		}
		if d := slips(word, lower); d <= allowed && (best == "" || d < least) {
			best, least = w, d
		}
	}
	if best == "" && begin == 1 {
		return prefixed
	}
	return best
}

// slips is the optimal string alignment distance.
func slips(a, b string) int {
	before := make([]int, len(b)+1)
	above := make([]int, len(b)+1)
	row := make([]int, len(b)+1)
	for j := range above {
		above[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(above[j]+1, row[j-1]+1, above[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, above, row = above, row, before
	}
	return above[len(b)]
}
