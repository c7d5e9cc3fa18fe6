package text

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// stripLinks keeps the text of Markdown links and images and drops their
// addresses. open says that an address has begun and goes on in the next word.
func stripLinks(w string, open bool) (string, bool) {
	for {
		at := strings.Index(w, "](")
		if at < 0 {
			return w, open
		}
		start := max(strings.LastIndexByte(w[:at], '['), 0)
		head := w[:start] + strings.TrimPrefix(w[start:at], "[")
		head = strings.TrimSuffix(head, "!")
		end := strings.IndexByte(w[at:], ')')
		if end < 0 {
			return head, true
		}
		w = head + w[at+end+1:]
	}
}

// isSilentMark says whether a word that begins a line is only for the eye. The
// number of a list is read.
func isSilentMark(w string) bool {
	return strings.Trim(w, "#") == "" || strings.Trim(w, "-*+•>|=_`") == "" || strings.HasPrefix(w, "```")
}

// stripMarks takes emphasis, code marks, quotes, brackets and emoji off a word
// and parts it from the punctuation after it that makes a pause.
func stripMarks(w string) (core, tail string) {
	w = strings.Map(func(r rune) rune {
		switch {
		case r == '’':
			return '\''
		case r == '`' || isPicture(r):
			return -1
		}
		return r
	}, w)
	w = emphasis.ReplaceAllString(w, "")
	w = strings.ReplaceAll(w, `\`, "")
	w = strings.TrimPrefix(w, "![")
	if len(w) > 1 {
		// Lone signs stay, they may stand between numbers.
		w = strings.Trim(w, "_|")
		w = strings.TrimLeft(w, opening)
		if t := strings.Trim(w, "*"); t != "" {
			w = strings.TrimLeft(t, opening)
		}
	}
	end := len(w)
	for end > 0 && w != "*" {
		r, n := utf8.DecodeLastRuneInString(w[:end])
		if !strings.ContainsRune(closing+",;:.!?…*_", r) || r == '"' && inches.MatchString(w[:end]) {
			break
		}
		end -= n
	}
	core, rest := w[:end], w[end:]
	if abbreviated(core) && strings.HasPrefix(rest, ".") {
		rest = rest[1:]
		core += "."
	}
	return core, pauseOf(rest)
}

var (
	emphasis = regexp.MustCompile(`\*\*+|__+|~~`)
	inches   = regexp.MustCompile(`\d"$`)
)

// abbreviated says whether a full stop after the word is part of it.
func abbreviated(core string) bool { return core != "" && stopOf(core) != stopEnds }

// pauseOf is the one mark that is heard of a run of punctuation.
func pauseOf(run string) string {
	for _, mark := range "?!.…;:," {
		if strings.ContainsRune(run, mark) {
			if mark == '…' {
				return "."
			}
			return string(mark)
		}
	}
	return ""
}

// isPicture matches emoji, dingbats and what glues them together, but not the
// signs among the symbols that have a reading.
func isPicture(r rune) bool {
	switch {
	case strings.ContainsRune("°©®™№℃℉", r):
		return false
	case unicode.Is(unicode.Cf, r), r == '\uFE0F', r == '\u20E3', r >= 0x1F3FB && r <= 0x1F3FF:
		return true
	}
	return unicode.Is(unicode.So, r) || unicode.IsControl(r)
}

var (
	emailPattern  = regexp.MustCompile(`^([\w.+-]+)@([\w-]+(?:\.[\w-]+)+)$`)
	urlPattern    = regexp.MustCompile(`^<?(?i:[a-z][a-z0-9+.-]*://|mailto:)?(?i:www\.)?([\w-]+(?:\.[\w-]+)*)(?::\d+)?([/?#][^>]*)?>?$`)
	schemePattern = regexp.MustCompile(`^<?(?i:[a-z][a-z0-9+.-]*://|www\.)`)
	hostPattern   = regexp.MustCompile(`^(?i)[a-z0-9][a-z0-9-]*(\.[a-z0-9-]+)*\.(com|org|net|edu|gov|io|ai|dev|app|uk|eu|de|fr|ie|info|co|me|tv|int)([/?#].*)?$`)
)

// readAddress reads e-mail addresses, and of web addresses what a person would
// say: the host, and a short path.
func readAddress(c *reading) (string, bool) {
	if m := emailPattern.FindStringSubmatch(c.core); m != nil {
		return dots(m[1]) + " at " + dots(m[2]), true
	}
	if !schemePattern.MatchString(c.core) && !hostPattern.MatchString(c.core) {
		return "", false
	}
	m := urlPattern.FindStringSubmatch(c.core)
	if m == nil {
		return "", false
	}
	spoken := []string{dots(m[1])}
	path := strings.Trim(m[2], "/")
	if path != "" && len(path) <= 20 && strings.Trim(strings.ToLower(path), "abcdefghijklmnopqrstuvwxyz/-") == "" {
		for part := range strings.SplitSeq(path, "/") {
			spoken = append(spoken, "slash", strings.ReplaceAll(part, "-", " "))
		}
	}
	return strings.Join(spoken, " "), true
}

func dots(s string) string {
	return strings.Join(strings.Fields(strings.NewReplacer(".", " dot ", "-", " dash ", "_", " underscore ", "+", " plus ").Replace(s)), " ")
}
