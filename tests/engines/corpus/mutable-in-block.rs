// A reference may live inside a block.
// %%
let mut words = vec!["one".to_string(), "two".to_string()];
// %%
{
    let first = &mut words[0];
    first.push('!');
}
// %%
words.iter().map(|word| word.len()).sum::<usize>()
// %%
{
    let joined = words.join("-");
    println!("{joined}");
}
