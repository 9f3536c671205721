//! HTML, SVG and XML as what they mark up: what a person would see, not how it is spelt.
//!
//! Pure functions. Text that is not well-formed XML is compared as text; HTML of any kind is read as a
//! browser reads it.

mod flow;
mod html;
mod xml;

/// Whether content of this type is compared as markup.
pub(super) fn is_markup(mime: &str) -> bool {
    kind_of(mime).is_some()
}

#[derive(Clone, Copy)]
enum Kind {
    Html,
    Svg,
    Xml,
}

fn kind_of(mime: &str) -> Option<Kind> {
    match crate::snapshot::blob::essence(mime) {
        "text/html" | "application/xhtml+xml" => Some(Kind::Html),
        "image/svg+xml" => Some(Kind::Svg),
        "application/xml" | "text/xml" => Some(Kind::Xml),
        _ => None,
    }
}

/// The same markup in one spelling: attributes in order and in double quotes, no comments, no white space
/// that is not shown, `<a/>` as `<a></a>`, one tag or text a line.
pub(super) fn normalised(mime: &str, markup: &str) -> String {
    let of_xml = |is_svg| xml::normalised(markup, is_svg).unwrap_or_else(|| markup.to_owned());
    match kind_of(mime) {
        Some(Kind::Html) => html::normalised(markup),
        Some(Kind::Svg) => of_xml(true),
        Some(Kind::Xml) => of_xml(false),
        None => markup.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn is_same(one: &str, other: &str) -> bool {
        normalised("text/html", one) == normalised("text/html", other)
    }

    fn is_same_svg(one: &str, other: &str) -> bool {
        normalised("image/svg+xml", one) == normalised("image/svg+xml", other)
    }

    fn is_same_xml(one: &str, other: &str) -> bool {
        normalised("application/xml", one) == normalised("application/xml", other)
    }

    #[test]
    fn how_markup_is_spelt_says_nothing() {
        assert!(is_same(
            "<TABLE border=0 class='a b'>\n  <tr><td>1 2</td></tr>\n</TABLE>",
            "<table class=\"a b\" border=\"0\"><tr><td>1\n2</td></tr></table>"
        ));
        assert!(is_same("<a/>x<!-- > -->", "<a></a>\n x"));
        assert!(is_same("<input disabled value = x >", "<input value=\"x\" disabled>"));
        assert_eq!(normalised("text/html", "<p title='a > \"b\"'>1 < 2</p>"), "<p title=\"a > &quot;b&quot;\">\n1 &lt; 2\n</p>");
        assert!(is_same("a &amp; b &lt; &eacute;", "a & b < é"));
        assert!(is_same("<br/>", "<br>"));
        assert!(is_same("<ul>\n<li>a </li>\n <li> b</li></ul>", "<ul><li>a</li><li>b</li></ul>"));
        assert!(is_same("a <b> c</b>", "a <b>c</b>"), "a space after a space is not shown");
        assert!(is_same("<p>a <i>b </i></p>", "<p>a <i>b</i></p>"), "nor is one at the end of a line");
        assert!(is_same("<script>a < b</script>", "<script>a < b</script >"));
    }

    #[test]
    fn what_it_says_counts() {
        assert!(!is_same("<b>1</b>", "<i>1</i>"));
        assert!(!is_same("<b a=1>", "<b a=2>"));
        assert!(!is_same("<b a>", "<b>"));
        assert!(!is_same("<b>a b</b>", "<b>ab</b>"));
        assert!(!is_same("<pre>a\n  b</pre>", "<pre>a b</pre>"));
        assert!(is_same("<pre>a\n  b</PRE> c", "<pre >a\n  b</pre>\nc"));
        assert!(!is_same("<script>a  b</script>", "<script>a b</script>"));
    }

    #[test]
    fn white_space_that_is_shown_counts() {
        for (one, other) in [
            ("<b>12</b> <b>5</b>", "<b>12</b><b>5</b>"),
            ("12 <b>3</b>", "12<b>3</b>"),
            ("<b>Hello</b><i>World</i>", "<b>Hello </b><i>World</i>"),
            ("a<img src=x>b", "a <img src=x>b"),
            ("<div style='white-space: pre'>a  b</div>", "<div style='white-space: pre'>a b</div>"),
            ("<div style='display:inline'>a</div> b", "<div style='display:inline'>a</div>b"),
            ("<style>p { white-space: pre }</style><p>a  b</p>", "<style>p { white-space: pre }</style><p>a b</p>"),
            ("a&nbsp;b", "a b"),
            ("<pre>a\n\nb</pre>", "<pre>a\nb</pre>"),
            ("<pre><pre>x</pre>a  b</pre>", "<pre><pre>x</pre>a b</pre>"),
        ] {
            assert!(!is_same(one, other), "{one} and {other}");
        }
        assert!(!is_same_svg("<svg><text>a <tspan>b</tspan></text></svg>", "<svg><text>a<tspan>b</tspan></text></svg>"));
        assert!(!is_same_svg(
            "<svg><text xml:space='preserve'>a  b</text></svg>",
            "<svg><text xml:space='preserve'>a b</text></svg>"
        ));
        assert!(is_same_svg("<svg><text>a  b</text></svg>", "<svg><text> a b </text></svg>"));
        assert!(!is_same_xml("<a>x  y</a>", "<a>x y</a>"));
        assert!(is_same_xml("<a>\n  <b/>\n</a>", "<a><b></b></a>"));
    }

    #[test]
    fn names_of_xml_have_their_case_and_those_of_html_have_none() {
        let (right, wrong) = ("<svg viewBox='0 0 1 1'><linearGradient/></svg>", "<svg viewBox='0 0 1 1'><lineargradient/></svg>");
        assert!(!is_same_svg(right, wrong));
        assert!(is_same(right, wrong), "a browser mends them");
        assert!(is_same_svg("<svg a='1' b=\"2\"/>", "<svg b='2' a='1'></svg>"));
        assert!(is_same_xml("<a>&#65;<![CDATA[<]]></a>", "<a>A&lt;</a>"));
        assert!(!is_same_xml("<a>", "<a></a>"), "what is not well-formed is text");
    }

    #[test]
    fn time_goes_with_size() {
        // Each of these would take minutes if it were quadratic.
        for piece in ["<pre>", "<a ", "<!--", "<b>x ", "</p>", "&", "<script>", "'\""] {
            let markup = piece.repeat(150_000 / piece.len());
            assert!(is_same(&markup, &markup));
            assert!(is_same_svg(&markup, &markup));
        }
    }

    proptest! {
        #[test]
        fn nothing_breaks_it_and_white_space_before_it_says_nothing(markup in "(<|>|/|!--|-->|a|pre| |\n|=|'|\"|é|\\PC){0,30}") {
            let later = format!("\n {markup}");
            prop_assert!(is_same(&markup, &later));
        }
    }
}
