package score

import (
	"regexp"
	"strings"
	"unicode"
)

// Normalize brings writing that sounds the same into one form and splits it into
// words, so that only what was misheard counts as an error. It follows the
// English normaliser of Whisper (Radford et al. 2022, arXiv 2212.04356, appendix
// C), except that figures become words, as most references have them, and not
// the other way round. In this order:
//
//  1. Lower case; typographic quotes and dashes become plain ones.
//  2. What stands in round, square or angle brackets is dropped.
//  3. Money, percentages, ordinals, decimals, times of day and numbers in
//     figures become words: "$5" five dollars, "50%" fifty percent, "3rd"
//     third, "3.14" three point one four, "10:30" ten thirty, "1,250" one
//     thousand two hundred fifty, "1984" nineteen eighty four. Figures that
//     begin with 0, or have more than 15 digits, are read digit by digit.
//  4. Contractions are spelt out: "won't" will not, "can't" can not, "let's"
//     let us, then -n't not, -'re are, -'ll will, -'ve have, -'m am, -'d would
//     (had before been, gone, done, better), -'s is (has before been, got,
//     gone, done). Possessives fall under the last, on both sides alike.
//  5. "&" becomes and; every other sign, the hyphen with them, becomes a space,
//     and an apostrophe nothing. Accents are kept off letters (é is e).
//  6. Titles are spelt out: mr mister, mrs missus, dr doctor, st saint, prof
//     professor, and so on.
//  7. Fillers are dropped: uh, um, hmm, mm, mhm, mmm, uhh, umm, er, erm, ah.
//  8. Spelling variants become one: the British forms of -our, -ise, -yse, -re
//     and -lled words of the table, and okay for ok, all right for alright,
//     today for to day, goodbye for good bye, and the like.
//  9. "and" between words of one number is dropped: one hundred and five is one
//     hundred five; "a hundred" is one hundred.
func Normalize(text string) []string {
	s := strings.ToLower(text)
	s = plain.Replace(s)
	s = brackets.ReplaceAllString(s, " ")
	s = figures(s)
	s = contractions(s)
	s = strings.ReplaceAll(s, "&", " and ")
	s = strings.ReplaceAll(s, "'", "")
	s = strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsNumber(r) {
			return r
		}
		if unicode.IsMark(r) {
			return -1
		}
		return ' '
	}, s)
	words := strings.Fields(s)
	words = respell(words)
	return joinNumbers(words)
}

var plain = strings.NewReplacer(
	"’", "'", "‘", "'", "ʼ", "'", "`", "'", "“", " ", "”", " ", "–", "-", "—", " ", "…", " ",
	"é", "e", "è", "e", "ê", "e", "ë", "e", "á", "a", "à", "a", "â", "a", "ä", "a", "å", "a", "ç", "c",
	"í", "i", "î", "i", "ï", "i", "ñ", "n", "ó", "o", "ô", "o", "ö", "o", "ú", "u", "û", "u", "ü", "u",
	"œ", "oe", "æ", "ae",
)

var brackets = regexp.MustCompile(`\[[^\]]*\]|\([^)]*\)|<[^>]*>`)

// contracted are the contractions with the whole words that they stand for, in
// the order in which they are tried.
var contracted = []struct {
	pattern *regexp.Regexp
	full    string
}{
	{regexp.MustCompile(`\bwon't\b`), "will not"},
	{regexp.MustCompile(`\bcan't\b`), "can not"},
	{regexp.MustCompile(`\bcannot\b`), "can not"},
	{regexp.MustCompile(`\bshan't\b`), "shall not"},
	{regexp.MustCompile(`\blet's\b`), "let us"},
	{regexp.MustCompile(`\bain't\b`), "aint"},
	{regexp.MustCompile(`\by'all\b`), "you all"},
	{regexp.MustCompile(`\bo'clock\b`), "oclock"},
	{regexp.MustCompile(`\bwanna\b`), "want to"},
	{regexp.MustCompile(`\bgonna\b`), "going to"},
	{regexp.MustCompile(`\bgotta\b`), "got to"},
	{regexp.MustCompile(`'tis\b`), "it is"},
	{regexp.MustCompile(`'twas\b`), "it was"},
	{regexp.MustCompile(`n't\b`), " not"},
	{regexp.MustCompile(`'re\b`), " are"},
	{regexp.MustCompile(`'ll\b`), " will"},
	{regexp.MustCompile(`'ve\b`), " have"},
	{regexp.MustCompile(`'m\b`), " am"},
	{regexp.MustCompile(`'d (been|gone|done|better)\b`), " had $1"},
	{regexp.MustCompile(`'s (been|got|gone|done)\b`), " has $1"},
	{regexp.MustCompile(`'d\b`), " would"},
	{regexp.MustCompile(`'s\b`), " is"},
}

func contractions(s string) string {
	for _, c := range contracted {
		s = c.pattern.ReplaceAllString(s, c.full)
	}
	return s
}

var fillers = set("uh um hmm mm mhm mmm uhh umm er erm ah")

// variants are words that are written in more than one way. A variant of two
// words is looked up joined by a space.
var variants = pairs(`
mr=mister mrs=missus dr=doctor st=saint prof=professor capt=captain gov=governor gen=general sen=senator
rep=representative rev=reverend hon=honorable jr=junior sr=senior esq=esquire lt=lieutenant col=colonel sgt=sergeant
ok=okay o_k=okay alright=all_right good_bye=goodbye good_by=goodbye to_day=today to_night=tonight to_morrow=tomorrow
any_one=anyone every_one=everyone some_one=someone any_thing=anything every_thing=everything some_thing=something
for_ever=forever mean_time=meantime tv=television
grey=gray colour=color colours=colors coloured=colored honour=honor honours=honors honoured=honored honourable=honorable
favour=favor favours=favors favoured=favored favourite=favorite favourites=favorites favourable=favorable
neighbour=neighbor neighbours=neighbors neighbouring=neighboring neighbourhood=neighborhood
labour=labor labours=labors laboured=labored humour=humor rumour=rumor rumours=rumors harbour=harbor harbours=harbors
vapour=vapor odour=odor parlour=parlor splendour=splendor endeavour=endeavor endeavours=endeavors endeavoured=endeavored
behaviour=behavior armour=armor ardour=ardor valour=valor vigour=vigor candour=candor savour=savor saviour=savior
centre=center centres=centers theatre=theater theatres=theaters metre=meter metres=meters litre=liter litres=liters
kilometre=kilometer kilometres=kilometers fibre=fiber sombre=somber lustre=luster spectre=specter sceptre=scepter
realise=realize realised=realized recognise=recognize recognised=recognized organise=organize organised=organized
organisation=organization organisations=organizations apologise=apologize apologised=apologized analyse=analyze
analysed=analyzed civilise=civilize civilised=civilized civilisation=civilization memorise=memorize summarise=summarize
emphasise=emphasize criticise=criticize criticised=criticized sympathise=sympathize
travelled=traveled travelling=traveling traveller=traveler travellers=travelers cancelled=canceled cancelling=canceling
marvellous=marvelous jewellery=jewelry quarrelled=quarreled quarrelling=quarreling counsellor=counselor
modelled=modeled modelling=modeling labelled=labeled signalled=signaled
defence=defense offence=offense licence=license practise=practice pretence=pretense
programme=program programmes=programs cheque=check cheques=checks plough=plow ploughed=plowed tyre=tire tyres=tires
pyjamas=pajamas mum=mom aeroplane=airplane aluminium=aluminum sceptical=skeptical sulphur=sulfur mould=mold
storey=story kerb=curb gaol=jail whilst=while amongst=among towards=toward afterwards=afterward
backwards=backward forwards=forward upwards=upward downwards=downward draught=draft enquire=inquire enquired=inquired
enquiry=inquiry enquiries=inquiries fulfil=fulfill skilful=skillful wilful=willful enrol=enroll
`)

func respell(words []string) []string {
	out := make([]string, 0, len(words))
	add := func(w string) {
		for part := range strings.SplitSeq(w, " ") {
			if !fillers[part] {
				out = append(out, part)
			}
		}
	}
	for i := 0; i < len(words); i++ {
		if i+1 < len(words) {
			if one, ok := variants[words[i]+" "+words[i+1]]; ok {
				add(one)
				i++
				continue
			}
		}
		if one, ok := variants[words[i]]; ok {
			add(one)
			continue
		}
		add(words[i])
	}
	return out
}

func set(words string) map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		m[w] = true
	}
	return m
}

// pairs reads "variant=word" pairs in which "_" stands for a space.
func pairs(s string) map[string]string {
	m := map[string]string{}
	for p := range strings.FieldsSeq(strings.ReplaceAll(s, "\n", " ")) {
		from, to, _ := strings.Cut(p, "=")
		m[strings.ReplaceAll(from, "_", " ")] = strings.ReplaceAll(to, "_", " ")
	}
	return m
}
