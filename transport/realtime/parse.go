package realtime

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"parley/pipeline/stage"
)

const (
	// maxDepth bounds how deep a client's JSON may nest.
	maxDepth = 32
	// maxID bounds the length of IDs that clients choose.
	maxID = 64
	// maxName bounds names: of models, voices, languages.
	maxName = 128
)

// reader reads a client's JSON strictly and keeps the first fault that it
// meets; after that, all it reads is empty.
type reader struct{ fault *stage.Fault }

func (r *reader) fail(f *stage.Fault) {
	if r.fault == nil {
		r.fault = f
	}
}

// err is the fault as an error.
func (r *reader) err() error {
	if r.fault == nil {
		return nil
	}
	return r.fault
}

// object is a JSON object whose fields are taken one by one; those that are
// left at the end are unknown.
type object struct {
	r    *reader
	path string
	m    map[string]json.RawMessage
}

func (r *reader) object(path string, raw json.RawMessage) object {
	o := object{r: r, path: path}
	if err := json.Unmarshal(raw, &o.m); err != nil || o.m == nil {
		r.fail(wrongType(path, "an object"))
	}
	return o
}

func wrongType(path, want string) *stage.Fault {
	return stage.Invalid("invalid_type", path, "%s must be %s.", path, want)
}

func (o object) at(name string) string {
	if o.path == "" {
		return name
	}
	return o.path + "." + name
}

// take removes a field. ok is false if it is absent or null, which mean the
// same wherever this is used.
func (o object) take(name string) (raw json.RawMessage, ok bool) {
	raw, present := o.raw(name)
	return raw, present && !isNull(raw)
}

// raw removes a field, null or not.
func (o object) raw(name string) (raw json.RawMessage, present bool) {
	raw, present = o.m[name]
	delete(o.m, name)
	return raw, present
}

func isNull(raw json.RawMessage) bool { return string(bytes.TrimSpace(raw)) == "null" }

// value reads a field into dst unless it is absent or null.
func (o object) value(name string, dst any, want string) bool {
	raw, ok := o.take(name)
	if !ok {
		return false
	}
	if err := json.Unmarshal(raw, dst); err != nil {
		o.r.fail(wrongType(o.at(name), want))
		return false
	}
	return true
}

// text reads a string of at most limit bytes.
func (o object) text(name string, dst *string, limit int) bool {
	var s string
	if !o.value(name, &s, "a string") {
		return false
	}
	if len(s) > limit {
		o.r.fail(stage.Invalid("string_above_max_length", o.at(name), "%s may have at most %d bytes; it has %d.", o.at(name), limit, len(s)))
		return false
	}
	*dst = s
	return true
}

// choice reads a string that must be one of those given.
func (o object) choice(name string, dst *string, of ...string) bool {
	var s string
	if !o.text(name, &s, 1<<10) {
		return false
	}
	if !slices.Contains(of, s) {
		o.r.fail(stage.Invalid("invalid_value", o.at(name), "%s must be one of %s; it is %q.", o.at(name), quoted(of), s))
		return false
	}
	*dst = s
	return true
}

func quoted(of []string) string {
	q := make([]string, len(of))
	for i, s := range of {
		q[i] = `"` + s + `"`
	}
	return strings.Join(q, ", ")
}

// within reads a field that is an object of its own.
func (o object) within(name string) (object, bool) {
	raw, ok := o.take(name)
	if !ok {
		return object{r: o.r, path: o.at(name)}, false
	}
	in := o.r.object(o.at(name), raw)
	return in, in.m != nil
}

// required fails if a field is absent or null.
func (o object) required(name string) {
	if raw, ok := o.m[name]; !ok || isNull(raw) {
		o.r.fail(stage.Invalid("missing_required_parameter", o.at(name), "%s is missing.", o.at(name)))
	}
}

// unsupported fails if a field is present and neither null nor empty.
func (o object) unsupported(name, why string) {
	raw, ok := o.take(name)
	if !ok {
		return
	}
	switch s := string(bytes.TrimSpace(raw)); s {
	case "[]", "{}", `""`:
	default:
		o.r.fail(stage.Invalid("unsupported", o.at(name), "%s is not supported: %s", o.at(name), why))
	}
}

// end fails if there are fields that nobody took.
func (o object) end() {
	if o.r.fault != nil || len(o.m) == 0 {
		return
	}
	names := make([]string, 0, len(o.m))
	for name := range o.m {
		names = append(names, name)
	}
	name := o.at(slices.Min(names))
	if len(name) > maxName {
		name = name[:maxName] + "…"
	}
	o.r.fail(stage.Invalid("unknown_parameter", name, "Unknown parameter: %q.", name))
}

// tooDeep says whether JSON nests deeper than limit. It need not be valid.
func tooDeep(raw []byte, limit int) bool {
	depth, inString := 0, false
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; {
		case inString:
			// Strings can be megabytes of base64: go from quote to quote.
			j := bytes.IndexAny(raw[i:], `"\`)
			if j < 0 {
				return false
			}
			i += j
			if raw[i] == '\\' {
				i++
			} else {
				inString = false
			}
		case c == '"':
			inString = true
		case c == '{' || c == '[':
			if depth++; depth > limit {
				return true
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return false
}
