package text

import (
	"slices"
	"strings"
	"testing"
)

// Each case is written with " | " where a clause ends.
var splits = []string{
	"Hello there. | How are you?",
	"Yes. | It is.",
	"Really? | Yes! | Good.",
	"Wait... | Now I see it.",
	"Well… maybe not.",
	"Mr. Smith met Mrs. Jones. | They talked.",
	"Ask Dr. Brown about it.",
	"Prof. Lee and Gen. Grant agree.",
	"Use a vowel, | e.g. an A. | Then stop.",
	"The last one, | i.e. the third. | Fine.",
	"Cats, dogs, etc. are pets.",
	"Cats etc. | They are pets.",
	"He lives in the U.S. Army base. | Yes.",
	"He lives in the U.S. | He likes it.",
	"She went to St. Paul today. | It rained.",
	"He lives on Baker St. | It is long.",
	"See No. 5 for this. | Good.",
	"Did she agree? | No. | She left.",
	"J. K. Rowling wrote it. | J. R. R. Tolkien did not.",
	"It is plan B. | The other failed.",
	"So did I. | But later.",
	"Pi is 3.14 or so. | Yes.",
	"It costs 3. | Then go.",
	"Go to www.example.com now. | Or example.org.",
	"See https://example.com/a.b?c=d. | Done.",
	"It is 5 p.m. now. | Go.",
	"It is 5 p.m. | Go home.",
	"We meet at 14:05 today. | Bye.",
	"He said “Stop.” | She stopped.",
	"He said \"Stop!\" | She stopped.",
	"(It was late.) | We left.",
	"It was late (very late). | We left.",
	"The answer is forty two, | as you know, it always was.",
	"On the Monday after Easter, | the shop opens at ten, and it closes at four, | which is rather early for a shop.",
	"Yes, of course, | it is nine.",
	"Hello, my friend; | good day.",
	"Here is my list: | one, two.",
	"I think so — | but wait.",
	"Take 10 - 4 from 20. | Good.",
	"1. First take this.\n | 2. Then take that.",
	"Intro\n\n | - one item\n | - two items\n | - three",
	"# A heading\n | And the text\ngoes on here.",
	"Hello\n\n | World",
	"Hello\nworld",
	"See [the guide. It is good](https://x.org/a.b) for more. | Bye.",
	"An array [1, | 2, 3. | Then the rest of it.",
	"**Note.** | This is bold.",
	"Great! | 😀 Next one.",
	"**Yes!** | It is.",
	"Acme Inc. was founded. | It grew.",
	"It closed in Feb. | The next opened on Mar. 3 again.",
	"Ph.D. students work. | He has a Ph.D. | She too.",
	"the quick brown fox jumps over the lazy dog in the green field behind the old house | because it wants to get home",
	"one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty more words | until here we go on",
	"",
	"   ",
	"word",
	"...",
	"— so it goes",
	"Is it 3.5%? | Yes, 3.5%.",
	"Version v1.2. | It works.",
	"It's 20°C. | Nice.",
	"Yahoo and A.B. Smith met. | Good.",
	"Sgt. Pepper played. | Lt. Dan came.",
	"The score was 3-1. | We won.",
	"Rock vs. Paper. | Paper wins.",
	"He (Dr. No) is bad. | Very.",
	"What?! | No way.",
	"'Tis late. | 'Twas fun.",
}

func clausesOf(c string) (input string, want []string) {
	for p := range strings.SplitSeq(c, " | ") {
		if p = strings.TrimSpace(p); p != "" {
			want = append(want, p)
		}
	}
	return strings.ReplaceAll(c, " | ", " "), want
}

func TestSplit(t *testing.T) {
	for _, c := range splits {
		input, want := clausesOf(c)
		if got := Split(input); !slices.Equal(got, want) {
			t.Errorf("Split(%q)\n got %q\nwant %q", input, got, want)
		}
	}
}
