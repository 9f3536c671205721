//! Formulas, written as LaTeX, as MathML, which browsers draw without a script or a network.

use pulldown_latex::config::{DisplayMode, RenderConfig};
use pulldown_latex::{Parser, Storage, mathml};

use super::escape::escape;

/// A formula in a line, or on its own lines.
pub(super) fn html(latex: &str, display_mode: DisplayMode) -> String {
    let storage = Storage::new();
    let events: Result<Vec<_>, _> = Parser::new(latex, &storage).collect();
    let config = RenderConfig { display_mode, ..RenderConfig::default() };
    let mut math = String::new();
    let is_written = events.is_ok_and(|events| {
        let events = events.into_iter().map(Ok::<_, std::fmt::Error>);
        mathml::push_mathml(&mut math, events, config).is_ok()
    });
    let class = if display_mode == DisplayMode::Block { "math display" } else { "math" };
    // The crate escapes text, and forgets the one operator that HTML reads as a tag.
    let math = math.replace("><</", ">&lt;</");
    // Invalid LaTeX is shown as its author wrote it.
    if is_written {
        format!("<span class=\"{class}\">{math}</span>")
    } else {
        format!("<code class=\"{class}\">{}</code>", escape(latex))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_formula_becomes_mathml_and_what_is_none_stays_as_it_is() {
        let inline = html(r"\frac{a}{b} < \rho_{nir}", DisplayMode::Inline);
        assert!(inline.contains("<mfrac>") && inline.contains("<msub>") && inline.contains("&lt;"), "{inline}");
        assert!(html("x^2", DisplayMode::Block).contains("display=\"block\""));
        assert_eq!(html(r"\frac{<b>", DisplayMode::Inline), "<code class=\"math\">\\frac{&lt;b&gt;</code>");
    }
}
