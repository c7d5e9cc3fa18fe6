// Package score measures how well speech was recognised: the word error rate,
// with the normalisation that it presupposes and a confidence interval.
//
//	t := score.Tally{}
//	t.Add("mister jones said so", "Mr. Jones said so.")
//	fmt.Println(t.WER(), t.Words())
package score

import (
	"math"
	"math/rand/v2"
	"slices"
)

// Counts are the edits that turn a reference into a hypothesis.
type Counts struct {
	// Words of the reference.
	Words int
	// Substitutions, Deletions and Insertions of an alignment with the fewest
	// edits.
	Substitutions, Deletions, Insertions int
}

// Errors is the number of edits.
func (c Counts) Errors() int { return c.Substitutions + c.Deletions + c.Insertions }

// Align compares normalised words by Levenshtein distance.
func Align(reference, hypothesis []string) Counts {
	// One row of the table at a time; a cell carries its edits by kind.
	row := make([]Counts, len(hypothesis)+1)
	for j := range row {
		row[j].Insertions = j
	}
	for i, r := range reference {
		diagonal := row[0]
		row[0].Deletions = i + 1
		for j, h := range hypothesis {
			best := diagonal
			if r != h {
				best.Substitutions++
			}
			if c := row[j+1]; c.Errors()+1 < best.Errors() {
				best = c
				best.Deletions++
			}
			if c := row[j]; c.Errors()+1 < best.Errors() {
				best = c
				best.Insertions++
			}
			diagonal, row[j+1] = row[j+1], best
		}
	}
	c := row[len(hypothesis)]
	c.Words = len(reference)
	return c
}

// Tally gathers utterances. The zero value is empty.
type Tally struct {
	utterances []Counts
}

// Add compares one utterance, both sides written in any way, after Normalize.
func (t *Tally) Add(reference, hypothesis string) Counts {
	c := Align(Normalize(reference), Normalize(hypothesis))
	t.utterances = append(t.utterances, c)
	return c
}

// Len is the number of utterances.
func (t *Tally) Len() int { return len(t.utterances) }

// Counts is the sum over all utterances.
func (t *Tally) Counts() Counts {
	var sum Counts
	for _, c := range t.utterances {
		sum.add(c)
	}
	return sum
}

// Words is the number of words of all references.
func (t *Tally) Words() int { return t.Counts().Words }

// WER is the word error rate in percent, all errors over all reference words. It
// is NaN when there are no reference words.
func (t *Tally) WER() float64 { return rate(t.Counts()) }

// resamples is how often the bootstrap draws; more does not move the interval
// by a tenth of a point.
const resamples = 2000

// CI95 is the interval that holds the word error rate with a chance of 95%: the
// percentile bootstrap over utterances (Bisani and Ney 2004, "Bootstrap
// estimates for confidence intervals in ASR performance evaluation"). The same
// seed gives the same interval.
func (t *Tally) CI95(seed uint64) (low, high float64) {
	n := len(t.utterances)
	if n == 0 {
		return math.NaN(), math.NaN()
	}
	random := rand.New(rand.NewPCG(seed, 0))
	rates := make([]float64, 0, resamples)
	for range resamples {
		var sum Counts
		for range n {
			sum.add(t.utterances[random.IntN(n)])
		}
		if sum.Words > 0 {
			rates = append(rates, rate(sum))
		}
	}
	if len(rates) == 0 {
		return math.NaN(), math.NaN()
	}
	slices.Sort(rates)
	at := func(p float64) float64 { return rates[int(p*float64(len(rates)-1)+0.5)] }
	return at(0.025), at(0.975)
}

func (c *Counts) add(o Counts) {
	c.Words += o.Words
	c.Substitutions += o.Substitutions
	c.Deletions += o.Deletions
	c.Insertions += o.Insertions
}

func rate(c Counts) float64 {
	if c.Words == 0 {
		return math.NaN()
	}
	return 100 * float64(c.Errors()) / float64(c.Words)
}
