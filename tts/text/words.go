package text

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// readAbbreviation reads what ends in a full stop, and a few that people write
// without it.
func readAbbreviation(c *reading) (string, bool) {
	stem, dotted := strings.CutSuffix(c.core, ".")
	low := strings.ToLower(stem)
	if !dotted {
		switch low {
		case "vs", "etc", "approx", "e.g", "i.e", "a.m", "p.m", "eg", "ie":
			return abbreviations[low].spoken, true
		case "prof", "sgt", "capt", "lt", "rev", "mx":
			if startsUpper(stem) && startsUpper(c.near(1)) {
				return abbreviations[low].spoken, true
			}
		}
		if strings.Contains(stem, ".") && isInitials(stem) {
			return spell(stem), true
		}
		return "", false
	}
	last := c.i+1 == len(c.words)
	a, known := abbreviations[low]
	end := ""
	if last || known && a.stop == stopBeforeLower && startsUpper(c.near(1)) {
		end = "."
	}
	switch {
	case low == "st" && !startsUpper(c.near(1)):
		return "Street" + end, true
	case known && a.stop == stopBeforeDigit && !isNumber(c.near(1)) && !startsUpper(a.spoken):
		return stem + ".", true // a plain word at the end of a sentence
	case known && a.spoken == "":
		return stem + end, true
	case known:
		return a.spoken + end, true
	case isInitials(stem):
		return spell(stem) + end, true
	}
	return "", false
}

// spell puts spaces between initials, so that "U.S." is not the word "us".
func spell(stem string) string { return strings.Join(strings.Split(stem, "."), " ") }

func startsUpper(w string) bool {
	r, _ := utf8.DecodeRuneInString(w)
	return unicode.IsUpper(r)
}

var (
	feet     = regexp.MustCompile(`^(\d+)'(\d+)"?$`)
	power    = regexp.MustCompile(`^([\d.]+|[a-zA-Z])([²³])$`)
	sharp    = regexp.MustCompile(`^([A-GJ])#$`)
	hashtag  = regexp.MustCompile(`^#(\w+)$`)
	slashed  = regexp.MustCompile(`^[\p{L}']+(?:/[\p{L}']+)+$`)
	address4 = regexp.MustCompile(`^\d{1,3}(?:\.\d{1,3}){3}$`)
)

// readSlash reads alternatives.
func readSlash(c *reading) (string, bool) {
	if !slashed.MatchString(c.core) {
		return "", false
	}
	parts := strings.Split(c.core, "/")
	switch {
	case strings.EqualFold(c.core, "and/or"), c.core == strings.ToUpper(c.core):
		return strings.Join(parts, " "), true
	case len(parts) > 2:
		return strings.Join(parts, ", "), true
	}
	return strings.Join(parts, " or "), true
}

// readPlain reads everything else nearly as it stands.
func readPlain(c *reading) (string, bool) {
	core := c.core
	if m := feet.FindStringSubmatch(core); m != nil {
		return m[1] + " foot " + m[2], true
	}
	if m := power.FindStringSubmatch(core); m != nil {
		return m[1] + map[string]string{"²": " squared", "³": " cubed"}[m[2]], true
	}
	if m := hashtag.FindStringSubmatch(core); m != nil {
		return "hashtag " + m[1], true
	}
	if m := sharp.FindStringSubmatch(core); m != nil {
		return m[1] + " sharp", true
	}
	if address4.MatchString(core) {
		return strings.ReplaceAll(core, ".", " dot "), true
	}
	core = strings.NewReplacer("—", ", ", "…", ", ", "_", " ", "→", " to ", "“", "", "”", "", "\"", "").Replace(core)
	return strings.Trim(strings.Join(strings.Fields(core), " "), ", "), true
}
