//! Filter expressions in the manner of cargo-nextest: `notebook(04-*) & !tag(slow)`.
//!
//! ```text
//! expression  =  expression ('|' | 'or') expression  |  expression ('&' | 'and') expression  |  ('!' |
//! 'not') expression
//!             |  '(' expression ')'  |  'all()'  |  'none()'  |  predicate '(' matcher ')'
//! predicate   =  'notebook' (its name)  |  'cell' (the id of any of its cells)  |  'tag' (any tag of a
//! cell)  |  'dep' (a crate it depends on) matcher     =  glob  |  '=' exact  |  '~' part  |  '/' regular
//! expression '/'
//! ```
//!
//! `&` binds more tightly than `|`. The main type is [`Filter`].

use regex::Regex;

use crate::notebook::Notebook;
use crate::scope::Glob;

/// Why a text is not a filter.
#[derive(Debug, thiserror::Error)]
#[error("filter `{text}`, at character {at}: {reason}")]
pub struct FilterError {
    text: String,
    at: usize,
    reason: String,
}

/// What notebooks must be like.
#[derive(Clone, Debug)]
pub struct Filter(Expression);

#[derive(Clone, Debug)]
enum Expression {
    Constant(bool),
    Not(Box<Expression>),
    And(Box<Expression>, Box<Expression>),
    Or(Box<Expression>, Box<Expression>),
    Is(Predicate, Matcher),
}

#[derive(Clone, Copy, Debug)]
enum Predicate {
    Notebook,
    Cell,
    Tag,
    Dep,
}

#[derive(Clone, Debug)]
enum Matcher {
    Glob(Glob),
    Exact(String),
    Part(String),
    Regex(Regex),
}

impl Filter {
    /// Whether the filter matches the notebook.
    pub fn matches(&self, notebook: &Notebook) -> bool {
        self.0.evaluate(&|predicate, matcher| match predicate {
            Predicate::Notebook => matcher.matches_notebook(&notebook.name),
            Predicate::Cell => notebook.cells.iter().any(|cell| matcher.matches(&cell.id)),
            Predicate::Tag => notebook.cells.iter().flat_map(|cell| &cell.tags).any(|tag| matcher.matches(tag)),
            Predicate::Dep => notebook.dependency_lines().iter().any(|line| matcher.matches(crate_name(line))),
        })
    }

    /// Whether the filter matches a notebook of which only the name can be read.
    pub(crate) fn matches_name(&self, name: &str) -> bool {
        self.0.evaluate(&|predicate, matcher| matches!(predicate, Predicate::Notebook) && matcher.matches_notebook(name))
    }
}

/// The crate that a line `:dep name = …` adds.
fn crate_name(line: &str) -> &str {
    let line = line.trim_start_matches(":dep").trim_start();
    line.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-')).next().unwrap_or_default()
}

impl Expression {
    fn evaluate(&self, is: &dyn Fn(Predicate, &Matcher) -> bool) -> bool {
        match self {
            Expression::Constant(value) => *value,
            Expression::Not(inner) => !inner.evaluate(is),
            Expression::And(one, other) => one.evaluate(is) && other.evaluate(is),
            Expression::Or(one, other) => one.evaluate(is) || other.evaluate(is),
            Expression::Is(predicate, matcher) => is(*predicate, matcher),
        }
    }
}

impl Matcher {
    fn parse(text: &str) -> Result<Matcher, String> {
        let text = text.trim();
        if let Some(exact) = text.strip_prefix('=') {
            return Ok(Matcher::Exact(exact.to_owned()));
        }
        if let Some(part) = text.strip_prefix('~') {
            return Ok(Matcher::Part(part.to_owned()));
        }
        match text.strip_prefix('/').and_then(|text| text.strip_suffix('/')) {
            Some(pattern) => Regex::new(pattern).map(Matcher::Regex).map_err(|error| error.to_string()),
            None => Glob::new(text).map(Matcher::Glob),
        }
    }

    fn matches_notebook(&self, name: &str) -> bool {
        match self {
            Matcher::Glob(glob) => glob.matches_notebook(name),
            other => other.matches(name),
        }
    }

    fn matches(&self, text: &str) -> bool {
        match self {
            Matcher::Glob(glob) => glob.matches(text),
            Matcher::Exact(exact) => exact == text,
            Matcher::Part(part) => text.contains(part.as_str()),
            Matcher::Regex(regex) => regex.is_match(text),
        }
    }
}

impl std::str::FromStr for Filter {
    type Err = FilterError;

    fn from_str(text: &str) -> Result<Filter, FilterError> {
        let mut parser = Parser { text, at: 0, depth: 0 };
        let parsed = parser.either().and_then(|expression| match parser.rest().trim_start() {
            "" => Ok(expression),
            _ => Err("expected `&`, `|` or the end".to_owned()),
        });
        let at = text[..parser.at].chars().count() + 1;
        parsed.map(Filter).map_err(|reason| FilterError { text: text.to_owned(), at, reason })
    }
}

/// How deeply expressions may be nested. People never write more.
const DEEPEST: usize = 64;

/// A recursive-descent parser: one method a level of the grammar.
struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

impl<'a> Parser<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// Reads one of the words, if it comes next. A word of letters must end there.
    fn take(&mut self, words: &[&str]) -> bool {
        let rest = self.rest();
        let trimmed = rest.trim_start();
        for word in words {
            let Some(after) = trimmed.strip_prefix(word) else { continue };
            let goes_on = word.ends_with(char::is_alphabetic) && after.starts_with(|c: char| c.is_alphanumeric());
            if !goes_on {
                self.at = self.text.len() - after.len();
                return true;
            }
        }
        false
    }

    fn either(&mut self) -> Result<Expression, String> {
        let mut expression = self.both()?;
        while self.take(&["||", "|", "or"]) {
            expression = Expression::Or(Box::new(expression), Box::new(self.both()?));
        }
        Ok(expression)
    }

    fn both(&mut self) -> Result<Expression, String> {
        let mut expression = self.one()?;
        while self.take(&["&&", "&", "and"]) {
            expression = Expression::And(Box::new(expression), Box::new(self.one()?));
        }
        Ok(expression)
    }

    fn one(&mut self) -> Result<Expression, String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err("too many parentheses and negations in one another".to_owned());
        }
        let expression = self.bare();
        self.depth -= 1;
        expression
    }

    fn bare(&mut self) -> Result<Expression, String> {
        if self.take(&["!", "not"]) {
            return Ok(Expression::Not(Box::new(self.one()?)));
        }
        if self.take(&["("]) {
            let inner = self.either()?;
            return if self.take(&[")"]) { Ok(inner) } else { Err("expected `)`".to_owned()) };
        }
        for (name, value) in [("all()", true), ("none()", false)] {
            if self.take(&[name]) {
                return Ok(Expression::Constant(value));
            }
        }
        let predicates =
            [("notebook(", Predicate::Notebook), ("cell(", Predicate::Cell), ("tag(", Predicate::Tag), ("dep(", Predicate::Dep)];
        for (name, predicate) in predicates {
            if self.take(&[name]) {
                let end = self.end_of_matcher()?;
                let matcher = Matcher::parse(&self.rest()[..end])?;
                self.at += end + 1;
                return Ok(Expression::Is(predicate, matcher));
            }
        }
        Err("expected `notebook(…)`, `cell(…)`, `tag(…)`, `dep(…)`, `all()`, `none()`, `!` or `(`".to_owned())
    }

    /// The position of the matcher's closing parenthesis, not counting those in a regular expression.
    fn end_of_matcher(&self) -> Result<usize, String> {
        let rest = self.rest();
        let end = if rest.trim_start().starts_with('/') {
            rest.find("/)").filter(|end| *end > rest.find('/').unwrap_or(0)).map(|end| end + 1)
        } else {
            rest.find(')')
        };
        end.ok_or_else(|| "expected `)`".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::notebook::CodeCell;

    fn notebook() -> Notebook {
        let cell = CodeCell {
            id: "submit".into(),
            source: ":dep eoap = { path = \"x\" }\n:dep tokio=\"1\"".into(),
            tags: vec!["slow".into()],
            ..CodeCell::default()
        };
        Notebook { name: "04-execute".into(), cells: vec![cell], ..Notebook::default() }
    }

    fn matches(filter: &str) -> bool {
        filter.parse::<Filter>().unwrap().matches(&notebook())
    }

    #[test]
    fn a_filter_says_what_notebooks_are_like() {
        for yes in [
            "all()",
            "notebook(04-*)",
            "notebook(=04-execute)",
            "notebook(~exec)",
            "notebook(/^0\\d-(e|x)/)",
            "tag(slow)",
            "cell(sub*)",
            "dep(eoap) and dep(tokio)",
            "!tag(fast)",
            "not tag(fast)",
            "none() | tag(slow)",
            "tag(fast) & none() or all()",
            "!(tag(slow) & tag(fast))",
            " ( notebook(05-*)||notebook( 04-* ) ) && ! dep(serde) ",
        ] {
            assert!(matches(yes), "{yes}");
        }
        for no in
            ["none()", "notebook(05-*)", "notebook(=04)", "!tag(slow)", "tag(slow) & tag(fast)", "!all() & all()", "dep(eo)"]
        {
            assert!(!matches(no), "{no}");
        }
        assert!("notebook(x) | tag(y)".parse::<Filter>().unwrap().matches_name("x"));
    }

    #[test]
    fn what_is_no_filter_says_where_and_why() {
        let refused = |filter: &str| filter.parse::<Filter>().unwrap_err().to_string();
        assert_eq!(refused("notebook(x) tag(y)"), "filter `notebook(x) tag(y)`, at character 12: expected `&`, `|` or the end");
        assert!(refused("").ends_with("expected `notebook(…)`, `cell(…)`, `tag(…)`, `dep(…)`, `all()`, `none()`, `!` or `(`"));
        assert!(refused("name(x)").contains("at character 1: expected `notebook(…)`"));
        assert!(refused("(tag(x)").ends_with("expected `)`") && refused("tag(x").ends_with("expected `)`"));
        assert!(refused("tag(/(/)").contains("regex parse error"));
        assert!(refused(&"(".repeat(10_000)).ends_with("in one another"));
    }

    proptest! {
        #[test]
        fn no_text_breaks_the_parser(text in "(notebook|tag|\\(|\\)|/|&|\\||!|not|and|or|all\\(\\)|\\*|\\[|é| |\\PC){0,24}") {
            let _ = text.parse::<Filter>();
        }
    }
}
