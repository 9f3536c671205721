// An iterator that holds a closure: only running shows its type, and evcxr's words name it.
// %% raises-exception
let it = (0..3).map(|x| x + 1);
