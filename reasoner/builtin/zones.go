package builtin

import (
	_ "embed"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // the machine may have no tz database
)

// zonesFile has a time zone and the places that keep it a line, tab-separated:
// the cities that the tz database names its zones by, countries with one zone
// only, and other large cities. Zone "*" lists countries with several.
//
//go:embed zones.tsv
var zonesFile string

// zoneOf maps a place's name in lower case to its zone; display to how it is
// written.
var zoneOf = sync.OnceValue(func() map[string]zoneEntry {
	m := make(map[string]zoneEntry)
	for line := range strings.Lines(zonesFile) {
		zone, places, _ := strings.Cut(strings.TrimSpace(line), "\t")
		for name := range strings.SplitSeq(places, ",") {
			m[join(tokenize(name))] = zoneEntry{name, zone}
		}
	}
	return m
})

type zoneEntry struct{ name, zone string }

// lookUp finds a place whether it is called with its article or not.
func lookUp(toks []token) (zoneEntry, bool) {
	name := strings.TrimPrefix(join(toks), "the ")
	e, ok := zoneOf()[name]
	if !ok {
		e, ok = zoneOf()["the "+name]
	}
	return e, ok
}

// place is where somebody asks about. An empty said is where they are; a said
// place without zone is one that is not known, or has several.
type place struct {
	said    string
	zone    *time.Location
	several bool
}

func (p place) unknown() reply {
	if p.several {
		return apology("There are several time zones in " + p.said + "; please name a city")
	}
	return apology("I don't know which time zone " + p.said + " is in")
}

// place reads "in Tokyo", or nothing, for the place where the person is. It
// fails if the place has no known zone.
func (c *cursor) place(now time.Time) (place, bool) {
	if !c.any("over in", "in the city of", "in", "at", "for") {
		return place{zone: now.Location()}, true
	}
	if _, ok := (&cursor{toks: c.toks, i: c.i}).number(reading{}); ok {
		return place{}, false // a date, not a place
	}
	return c.placeName(now, "")
}

// placeName reads a place's name up to the word given or to the end.
func (c *cursor) placeName(now time.Time, until string) (place, bool) {
	start := c.i
	end := start
	for end < len(c.toks) && (until == "" || c.toks[end].text != until) {
		end++
	}
	// The longest known name wins; what follows it is for the caller.
	for stop := end; stop > start; stop-- {
		e, ok := lookUp(c.toks[start:stop])
		if !ok {
			continue
		}
		c.i = stop
		if e.zone == "*" {
			return place{said: e.name, several: true}, false
		}
		// "London, England": the country must be one where that is so.
		if country, ok := lookUp(c.toks[stop:end]); ok && (country.zone == "*" || country.zone == e.zone) {
			c.i = end
		}
		loc, err := time.LoadLocation(e.zone)
		return place{said: e.name, zone: loc}, err == nil
	}
	words := join(c.toks[start:end])
	for _, w := range nowWords {
		words = strings.TrimSuffix(words, " "+w)
	}
	return place{said: title(words)}, false
}

// title writes each word with a capital.
func title(words string) string {
	parts := strings.Split(words, " ")
	for i, w := range parts {
		parts[i] = capital(w)
	}
	return strings.Join(parts, " ")
}
