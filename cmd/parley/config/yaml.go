package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// readYAML takes the settings of a file. It walks the document itself rather
// than decode it into Config, because only so does every fault have its path
// and its line, and is every value read just as it is from a flag.
func (l *loader) readYAML(file string, b []byte) {
	d := yaml.NewDecoder(bytes.NewReader(b))
	var doc yaml.Node
	if err := d.Decode(&doc); err != nil {
		if !errors.Is(err, io.EOF) { // an empty file sets nothing
			l.syntax(file, err)
		}
		return
	}
	y := yamlWalk{l, file}
	if root := doc.Content[0]; root.Kind == yaml.MappingNode {
		y.section("", root)
	} else if root.Tag != "!!null" {
		l.fault(y.at(root), "", "it must hold keys and values, such as \"listen: 127.0.0.1:8080\"")
	}
	var more yaml.Node
	if err := d.Decode(&more); err == nil {
		l.fault(y.at(&more), "", "there must be only one document in the file")
	} else if !errors.Is(err, io.EOF) {
		l.syntax(file, err)
	}
}

var yamlLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?`)

// syntax reports what the YAML library says, which has the line within.
func (l *loader) syntax(file string, err error) {
	text, where := err.Error(), file
	if m := yamlLine.FindStringSubmatch(text); m != nil {
		text = text[len(m[0]):]
		if m[1] != "" {
			where += ":" + m[1]
		}
	}
	l.fault(where, "", "this is no YAML: %s", text)
}

type yamlWalk struct {
	l    *loader
	file string
}

func (y yamlWalk) at(n *yaml.Node) string { return y.file + ":" + strconv.Itoa(n.Line) }

// section reads a mapping whose keys have the prefix before them.
func (y yamlWalk) section(prefix string, m *yaml.Node) {
	seen := map[string]int{}
	for i := 0; i+1 < len(m.Content); i += 2 {
		key, value := m.Content[i], m.Content[i+1]
		path := prefix + key.Value
		if key.Kind != yaml.ScalarNode {
			y.l.fault(y.at(key), strings.TrimSuffix(prefix, "."), "a key must be a plain word")
			continue
		}
		if first, ok := seen[path]; ok {
			y.l.fault(y.at(key), path, "it is set twice, first in line %d", first)
			continue
		}
		seen[path] = key.Line
		f, isField := byPath[path]
		switch {
		case isField:
			y.setting(f, value)
		case isSection(path):
			if value = resolved(value); value.Kind == yaml.MappingNode {
				y.section(path+".", value)
			} else if value.Tag != "!!null" {
				y.l.fault(y.at(value), path, "it has keys below it (%s), not a value", strings.Join(below(path), ", "))
			}
		default:
			y.l.fault(y.at(key), path, "there is no such key%s", meant(path, paths()))
		}
	}
}

func (y yamlWalk) setting(f field, n *yaml.Node) {
	n = resolved(n)
	switch {
	case n.Kind == yaml.ScalarNode && n.Tag == "!!null":
		y.l.fault(y.at(n), f.path, "it has no value; leave the key out for the default")
	case f.isList() && n.Kind == yaml.SequenceNode:
		all := []string{}
		for _, e := range n.Content {
			if e = resolved(e); e.Kind != yaml.ScalarNode || e.Tag == "!!null" {
				y.l.fault(y.at(e), f.path, "a list holds plain values")
				return
			}
			all = append(all, e.Value)
		}
		y.l.set(f, y.at(n), all)
	case f.isList():
		y.l.fault(y.at(n), f.path, "it must be a list, such as [a, b]")
	case n.Kind == yaml.ScalarNode:
		y.l.set(f, y.at(n), []string{n.Value})
	default:
		y.l.fault(y.at(n), f.path, "it must be one value")
	}
}

func resolved(n *yaml.Node) *yaml.Node {
	for n.Kind == yaml.AliasNode && n.Alias != nil {
		n = n.Alias
	}
	return n
}

func isSection(path string) bool { return len(below(path)) > 0 }

// below lists the keys of a section, by their own names.
func below(path string) []string {
	var names []string
	for _, f := range fields {
		if name, ok := strings.CutPrefix(f.path, path+"."); ok {
			names = append(names, name)
		}
	}
	return names
}

func paths() []string {
	all := make([]string, len(fields))
	for i, f := range fields {
		all[i] = f.path
	}
	return all
}

// Reference writes a YAML file that names every setting, says what it means and
// gives it its default.
func Reference(w io.Writer) error {
	def := Default()
	var b bytes.Buffer
	b.WriteString("# Every setting of Parley, with its default. A setting is also a flag\n" +
		"# (asr.model is --asr-model) and an environment variable (PARLEY_ASR_MODEL); a\n" +
		"# flag beats the environment, and that beats the file.\n\n")
	section := ""
	for _, f := range fields {
		indent, name := "", f.path
		if s, n, ok := strings.Cut(f.path, "."); ok {
			if s != section {
				fmt.Fprintf(&b, "\n%s:\n", s)
				section = s
			}
			indent, name = "  ", n
		}
		value := any(f.format(&def))
		if f.isList() {
			value = f.of(&def).Interface()
			if f.of(&def).Len() == 0 {
				value = []string{}
			}
		}
		v, err := yaml.Marshal(value)
		if err != nil {
			return fmt.Errorf("config: %w", err)
		}
		text := strings.TrimSpace(string(v))
		if k := f.kind.String(); k == "int" || k == "float64" || k == "bool" {
			text = f.format(&def)
		}
		fmt.Fprintf(&b, "%s# %s\n%s%s: %s\n", indent, f.usage(), indent, name, text)
	}
	_, err := w.Write(b.Bytes())
	return err
}
