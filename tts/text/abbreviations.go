package text

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Marks that stand around words.
const (
	opening = "\"'“‘«([{¿¡"
	closing = "\"'”’»)]}"
)

// stop says what a full stop after an abbreviation means.
type stop int

const (
	// stopEnds: the word is no abbreviation, the sentence is over.
	stopEnds stop = iota
	// stopNever: a title or the like, something always follows.
	stopNever
	// stopBeforeDigit: an abbreviation only before a number ("No. 5").
	stopBeforeDigit
	// stopBeforeLower: an end unless a small letter follows ("5 p.m. today").
	stopBeforeLower
	// stopBeforeStarter: no end unless a word follows that starts sentences
	// ("in the U.S. Army", "in the U.S. The").
	stopBeforeStarter
)

// abbreviation is how a word that ends in a full stop is read, and what the
// stop means. An empty Spoken leaves the word, without its stop, to espeak-ng.
type abbreviation struct {
	spoken string
	stop   stop
}

// abbreviations by their small letters without the last full stop.
var abbreviations = map[string]abbreviation{
	"mr": {"", stopNever}, "mrs": {"", stopNever}, "ms": {"Ms", stopNever}, "dr": {"", stopNever},
	"mx": {"Mix", stopNever}, "messrs": {"messers", stopNever},
	"prof": {"Professor", stopNever}, "rev": {"Reverend", stopNever}, "hon": {"Honourable", stopNever},
	"gen": {"General", stopNever}, "col": {"Colonel", stopNever}, "capt": {"Captain", stopNever},
	"maj": {"Major", stopNever}, "lt": {"Lieutenant", stopNever}, "sgt": {"Sergeant", stopNever},
	"cmdr": {"Commander", stopNever}, "gov": {"Governor", stopNever}, "pres": {"President", stopNever},
	"sen": {"Senator", stopNever}, "rep": {"Representative", stopNever}, "mt": {"Mount", stopNever},
	"mme": {"Madame", stopNever}, "ft": {"", stopBeforeStarter},

	"e.g": {"for example", stopNever}, "eg": {"for example", stopNever},
	"i.e": {"that is", stopNever}, "ie": {"that is", stopNever},
	"vs": {"versus", stopNever}, "cf": {"compare", stopNever}, "viz": {"namely", stopNever},
	"approx": {"approximately", stopNever}, "ca": {"circa", stopNever}, "incl": {"including", stopNever},

	"no": {"number", stopBeforeDigit}, "nos": {"numbers", stopBeforeDigit}, "nr": {"number", stopBeforeDigit},
	"fig": {"figure", stopBeforeDigit}, "figs": {"figures", stopBeforeDigit}, "vol": {"volume", stopBeforeDigit},
	"ch": {"chapter", stopBeforeDigit}, "p": {"page", stopBeforeDigit}, "pp": {"pages", stopBeforeDigit},
	"sec": {"section", stopBeforeDigit}, "art": {"article", stopBeforeDigit}, "op": {"opus", stopBeforeDigit},
	"eq": {"equation", stopBeforeDigit}, "tel": {"telephone", stopBeforeDigit},
	"jan": {"January", stopBeforeDigit}, "feb": {"February", stopBeforeDigit}, "mar": {"March", stopBeforeDigit},
	"apr": {"April", stopBeforeDigit}, "jun": {"June", stopBeforeDigit}, "jul": {"July", stopBeforeDigit},
	"aug": {"August", stopBeforeDigit}, "sep": {"September", stopBeforeDigit}, "sept": {"September", stopBeforeDigit},
	"oct": {"October", stopBeforeDigit}, "nov": {"November", stopBeforeDigit}, "dec": {"December", stopBeforeDigit},

	"etc": {"et cetera", stopBeforeLower}, "al": {"al", stopBeforeLower},
	"a.m": {"a m", stopBeforeLower}, "p.m": {"p m", stopBeforeLower},
	"inc": {"Incorporated", stopBeforeLower}, "ltd": {"Limited", stopBeforeLower},
	"co": {"Company", stopBeforeStarter}, "corp": {"Corporation", stopBeforeLower},
	"jr": {"Junior", stopBeforeLower}, "sr": {"Senior", stopBeforeLower}, "esq": {"Esquire", stopBeforeLower},
	"dept": {"department", stopBeforeLower}, "ave": {"Avenue", stopBeforeLower}, "rd": {"Road", stopBeforeLower},
	"blvd": {"Boulevard", stopBeforeLower}, "hr": {"hour", stopBeforeLower}, "hrs": {"hours", stopBeforeLower},
	"min": {"minutes", stopBeforeLower}, "mins": {"minutes", stopBeforeLower}, "est": {"established", stopBeforeDigit},
	"st": {"Saint", stopBeforeStarter}, "ph.d": {"PhD", stopBeforeLower},
}

// stopOf says what the full stop after stem means.
func stopOf(stem string) stop {
	if a, ok := abbreviations[strings.ToLower(stem)]; ok {
		return a.stop
	}
	if isInitials(stem) && stem != "I" {
		return stopBeforeStarter
	}
	return stopEnds
}

// isInitials matches "J" and "U.S": capitals, or any letters with full stops
// between them.
func isInitials(stem string) bool {
	parts := strings.Split(stem, ".")
	for _, p := range parts {
		r, n := utf8.DecodeRuneInString(p)
		if n == 0 || n != len(p) || !unicode.IsLetter(r) || len(parts) == 1 && !unicode.IsUpper(r) {
			return false
		}
	}
	return true
}

var (
	starters = set(`a an the this that these those it its it's he he's she she's they they're we we're you you're i i'm i'll
		my your his her their our there there's here but and or so then if when while as in on at by for from to with after
		before since because although though however what who why how where which is are was were do does did can could
		would will should may might have has had not no yes also another some many most both each every all one two let
		now today tomorrow yesterday please thank sorry well ok okay`)
	conjunctions = set(`and but or nor so yet because since although though while whereas when whenever where if unless
		until before after that which who whom whose`)
	// leaning words belong to the one that follows.
	leaning = set(`a an the this these my your his her its our their of to in on at by for from with into onto than as
		and or but nor so because if is are was were be been very more most no not mr mrs ms dr`)
)

func set(words string) map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		m[w] = true
	}
	return m
}

// isStarter says whether a sentence is likely to start with the word.
func isStarter(w string) bool { return starters[plain(w)] }

func isConjunction(w string) bool { return conjunctions[plain(w)] }

// isLeaning says whether a pause after the word would sound wrong: after the
// ones above, after a number, whose unit may follow, and after a sign.
func isLeaning(w string) bool {
	return leaning[plain(w)] || strings.ContainsFunc(w, unicode.IsDigit) || !strings.ContainsFunc(w, isAlnum)
}

// plain is the word in small letters without the marks around it.
func plain(w string) string {
	return strings.ToLower(strings.ReplaceAll(strings.TrimFunc(w, func(r rune) bool { return !isAlnum(r) }), "’", "'"))
}
