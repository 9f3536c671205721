//! The hosts that a piece of HTML loads from. A chart with a library from elsewhere needs a network.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;

/// The hosts that scripts, styles, pictures and frames are fetched from. Links that a reader may follow are
/// not among them.
pub(super) fn hosts(html: &str) -> BTreeSet<String> {
    static FETCHED: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r#"(?i)(?:<(?:script|img|iframe|link|video|audio|source)\b[^>]*?\b(?:src|href)\s*=\s*["']?|\bimport\s*\(?\s*["']|\bfrom\s+["']|@import\s+(?:url\()?["']?|\bfetch\(\s*["']|\burl\(\s*["']?|["']?\bpaths["']?\s*:\s*\{[^}]*?["'])(?:https?:)?//([^/"'\s)>:]+)"#,
        )
        .expect("the pattern is a constant")
    });
    FETCHED.captures_iter(html).map(|found| found[1].to_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_fetched_is_named_and_links_are_not() {
        for (html, host) in [
            ("<script src=\"https://cdn.plot.ly/plotly-2.js\"></script>", "cdn.plot.ly"),
            ("<script type=module>import 'https://esm.sh/vega'</script>", "esm.sh"),
            ("<script>require.config({paths: {plotly: 'https://cdn.plot.ly/plotly'}})</script>", "cdn.plot.ly"),
            ("<img alt='' src=//tiles.example.org/1.png>", "tiles.example.org"),
            ("<style>@import url(\"https://fonts.example.org/a.css\");</style>", "fonts.example.org"),
        ] {
            assert_eq!(hosts(html).into_iter().collect::<Vec<_>>(), [host], "{html}");
        }
        for html in
            ["<a href=\"https://example.org\">a</a>", "<img src=\"data:image/png;base64,AA\">", "<b>https://example.org</b>"]
        {
            assert!(hosts(html).is_empty(), "{html}");
        }
    }
}
