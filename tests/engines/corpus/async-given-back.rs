// A variable that is moved into a block and comes back from it: evcxr has lost it.
// %%
let mut list = vec![2, 3];
// %%
list = async { let mut longer = list; longer.push(0); longer }.await;
// %% raises-exception
list
