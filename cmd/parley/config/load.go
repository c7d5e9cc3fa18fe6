package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/spf13/pflag"
)

// maxFile bounds the configuration file.
const maxFile = 1 << 20

// Fault is one thing that is wrong with the configuration.
type Fault struct {
	// Where it was set: "parley.yml:7", "PARLEY_LISTEN", "--listen".
	Where string
	// Key is the setting's path in YAML, if it is about one.
	Key string
	// Message says what is wrong and, where that is not plain, what is right.
	Message string
}

// String gives the fault on one line.
func (f Fault) String() string {
	if f.Key == "" {
		return f.Where + ": " + f.Message
	}
	return f.Where + ": " + f.Key + ": " + f.Message
}

// Faults is everything that is wrong with the configuration.
type Faults []Fault

// Error gives one fault a line.
func (f Faults) Error() string {
	lines := make([]string, len(f))
	for i, one := range f {
		lines[i] = "config: " + one.String()
	}
	return strings.Join(lines, "\n")
}

// Source collects what was set on a command line. The zero value is ready.
type Source struct {
	// File is the YAML file to read ("--config"), or empty.
	File string

	flags []*flagValue
	where map[string]string // by path, what the last Load found where
}

// IsDefault says whether the last Load found the setting nowhere.
func (s *Source) IsDefault(path string) bool { return s.where[path] == "" }

// Flags adds a flag for each setting whose path begins with one of the
// prefixes, for example "asr." or "models".
func (s *Source) Flags(fs *pflag.FlagSet, prefixes ...string) {
	for _, f := range fields {
		if slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(f.path, p) }) {
			s.add(fs, f, f.flag())
		}
	}
}

// Alias adds one more flag, with a name of its own, for the setting at path.
func (s *Source) Alias(fs *pflag.FlagSet, name, path string) {
	f, ok := byPath[path]
	if !ok {
		panic("config: no setting " + path)
	}
	s.add(fs, f, name)
}

func (s *Source) add(fs *pflag.FlagSet, f field, name string) {
	def := Default()
	v := &flagValue{field: f, name: name, text: []string{f.format(&def)}}
	s.flags = append(s.flags, v)
	flag := fs.VarPF(v, name, "", f.usage())
	if v.Type() == "bool" {
		flag.NoOptDefVal = "true"
	}
}

// flagValue keeps what a flag was given, to be parsed along with all the rest.
type flagValue struct {
	field
	name string
	text []string
	set  bool
}

// String gives the default for the help text.
func (v *flagValue) String() string {
	if len(v.text) == 0 {
		return "" // pflag asks a zero value, too
	}
	return strings.Join(v.text, ",")
}

// Set is called each time that the flag is given.
func (v *flagValue) Set(text string) error {
	switch {
	case v.isList() && v.set:
		v.text = append(v.text, split(text)...)
	case v.isList():
		v.text = split(text)
	default:
		v.text = []string{text}
	}
	v.set = true
	return nil
}

// Type is the word for the value in the help text.
func (v *flagValue) Type() string {
	switch {
	case v.kind == nil:
		return "string"
	case v.isList():
		return "list"
	case v.kind.String() == "time.Duration":
		return "duration"
	default:
		return v.kind.String()
	}
}

// split reads a list as flags and the environment give it.
func split(text string) []string {
	var all []string
	for part := range strings.SplitSeq(text, ",") {
		if part = strings.TrimSpace(part); part != "" {
			all = append(all, part)
		}
	}
	return all
}

// Load puts the configuration together from the file, the environment (lines of
// "NAME=value", as os.Environ gives them) and the flags. Its error is Faults.
func (s *Source) Load(environ []string) (Config, error) {
	l := loader{c: Default(), where: map[string]string{}}
	file, fileFrom := s.File, "--config"
	environ = slices.Sorted(slices.Values(environ))
	for _, line := range environ {
		if v, ok := strings.CutPrefix(line, "PARLEY_CONFIG="); ok && file == "" {
			file, fileFrom = v, "PARLEY_CONFIG"
		}
	}
	if file != "" {
		l.readFile(file, fileFrom)
	}
	l.readEnv(environ)
	for _, v := range s.flags {
		if v.set {
			l.set(v.field, "--"+v.name, v.text)
		}
	}
	l.c.check(func(path, format string, args ...any) {
		where, ok := l.where[path]
		if !ok {
			where = "--" + byPath[path].flag()
		}
		l.fault(where, path, format, args...)
	})
	if len(l.faults) > 0 {
		return Config{}, l.faults
	}
	s.where = l.where
	return l.c, nil
}

type loader struct {
	c      Config
	where  map[string]string // by path, where a setting was set last
	faults Faults
}

func (l *loader) fault(where, key, format string, args ...any) {
	l.faults = append(l.faults, Fault{Where: where, Key: key, Message: fmt.Sprintf(format, args...)})
}

func (l *loader) set(f field, where string, text []string) {
	if err := f.set(&l.c, text); err != nil {
		l.fault(where, f.path, "%v", err)
		return
	}
	l.where[f.path] = where
}

func (l *loader) readEnv(environ []string) {
	known := map[string]field{}
	for _, f := range fields {
		known[f.env()] = f
	}
	for _, line := range environ {
		name, text, _ := strings.Cut(line, "=")
		if !strings.HasPrefix(name, "PARLEY_") || name == "PARLEY_CONFIG" {
			continue
		}
		f, ok := known[name]
		switch {
		case !ok:
			names := make([]string, len(fields))
			for i, f := range fields {
				names[i] = f.env()
			}
			l.fault(name, "", "there is no such setting%s", meant(name, names))
		case f.isList():
			l.set(f, name, split(text))
		default:
			l.set(f, name, []string{text})
		}
	}
}

func (l *loader) readFile(path, from string) {
	b, err := readAtMost(path, maxFile)
	if err != nil {
		if inner, ok := errors.AsType[*fs.PathError](err); ok {
			err = inner.Err
		}
		l.fault(from, "", "cannot read %s: %v", path, err)
		return
	}
	l.readYAML(path, b)
}

func readAtMost(path string, most int64) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("it is no regular file")
	}
	if info.Size() > most {
		return nil, fmt.Errorf("it has more than %d bytes", most)
	}
	return os.ReadFile(path)
}

// meant suggests the name that is nearest to a wrong one, if one is near.
func meant(name string, names []string) string {
	best, least := "", 1+len(name)/4
	for _, n := range names {
		if d := distance(name, n); d <= least {
			best, least = n, d-1
		}
	}
	if best == "" {
		return ""
	}
	return "; did you mean " + best + "?"
}

// distance is Levenshtein's.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			d := diagonal
			if a[i] != b[j] {
				d = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], d
		}
	}
	return row[len(b)]
}
