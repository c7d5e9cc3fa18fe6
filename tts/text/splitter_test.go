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

// A clause must come as soon as it is certain: after each delta stands what it
// releases, clauses parted by " | ".
func TestSplitterIsPrompt(t *testing.T) {
	type step struct{ delta, want string }
	for name, steps := range map[string][]step{
		"white space ends a sentence":        {{"Hello there", ""}, {".", ""}, {" ", "Hello there."}, {"You", ""}},
		"a decimal across deltas":            {{"It is 3.", ""}, {"14 or", ""}, {" so. ", "It is 3.14 or so."}},
		"a host across deltas":               {{"Go to example.", ""}, {"com now. ", "Go to example.com now."}},
		"a title waits for nothing":          {{"Ask Dr.", ""}, {" ", ""}, {"Brown. ", "Ask Dr. Brown."}},
		"a number sign waits for a digit":    {{"See No. ", ""}, {"5. ", "See No. 5."}},
		"no is a sentence otherwise":         {{"No. ", ""}, {"I", "No."}},
		"initials wait for a whole word":     {{"In the U.S. ", ""}, {"The", ""}, {" ", "In the U.S."}},
		"initials before a name":             {{"In the U.S. ", ""}, {"Army it ", ""}, {"is. ", "In the U.S. Army it is."}},
		"small letters go on":                {{"At 5 p.m. ", ""}, {"w", ""}, {"e eat. ", "At 5 p.m. we eat."}},
		"an early comma":                     {{"One two three", ""}, {", ", "One two three,"}, {"four five six, ", ""}},
		"too early a comma":                  {{"Well, ", ""}, {"yes, ", ""}, {"we do, ", "Well, yes, we do,"}},
		"quotes belong to the sentence":      {{"He said “Go.", ""}, {"”", ""}, {" ", "He said “Go.”"}},
		"two sentences at once":              {{"One. Two. Three", "One. | Two."}},
		"a line break alone is no end":       {{"One two\n", ""}, {"three. ", "One two\nthree."}},
		"a blank line is":                    {{"One two\n", ""}, {"\n", "One two"}},
		"an item of a list ends at its line": {{"- one", ""}, {"\n", "- one"}},
		"a list ends what introduces it":     {{"These\n", ""}, {"-", ""}, {" one", "These"}},
		"a minus is no dash":                 {{"Take 10 - ", ""}, {"4 now", ""}, {". ", "Take 10 - 4 now."}},
		"half a letter":                      {{"So… ", ""}, {"\xc3", ""}, {"\x89t. ", "So… | Ét."}},
	} {
		s := NewSplitter()
		for i, st := range steps {
			if got := strings.Join(s.Write(st.delta), " | "); got != st.want {
				t.Errorf("%s: step %d, %q releases %q, want %q", name, i, st.delta, got, st.want)
			}
		}
	}
}

func TestSplitterIsReadyAfterFlush(t *testing.T) {
	s := NewSplitter()
	s.Write("The first one is")
	if got := s.Flush(); !slices.Equal(got, []string{"The first one is"}) {
		t.Errorf("Flush gave %q", got)
	}
	if got := s.Write("And a second, "); !slices.Equal(got, []string{"And a second,"}) {
		t.Errorf("after Flush, Write gave %q", got)
	}
	s = NewSplitter()
	if got := s.Flush(); len(got) != 0 {
		t.Errorf("Flush of nothing gave %q", got)
	}
}

// However the words come, no clause grows without bound.
func TestSplitBoundsClauses(t *testing.T) {
	for _, w := range []string{"word ", "the ", "12 ", "Mr. ", "e.g. ", "[word "} {
		for _, c := range Split(strings.Repeat(w, 500)) {
			if n := len(strings.Fields(c)); n > hardWords+1 {
				t.Errorf("%q: a clause of %d words", w, n)
			}
		}
	}
}
