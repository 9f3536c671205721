// `?` with the notebook's own error, and boxed ones.
// %%
#[derive(Debug)]
enum Trouble { Empty, Long(usize) }
impl std::fmt::Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self { Trouble::Empty => write!(f, "nothing there"), Trouble::Long(n) => write!(f, "{n} is too long") }
    }
}
impl std::error::Error for Trouble {}
// %%
fn check(text: &str) -> Result<usize, Trouble> {
    match text.len() { 0 => Err(Trouble::Empty), n if n > 3 => Err(Trouble::Long(n)), n => Ok(n) }
}
fn boxed(text: &str) -> Result<usize, Box<dyn std::error::Error>> { Ok(check(text)? + text.trim().parse::<usize>()?) }
// %%
check("abc")?
// %% raises-exception
boxed("x")?
// %% raises-exception
let n = boxed("")?;
// %%
boxed("12")?
