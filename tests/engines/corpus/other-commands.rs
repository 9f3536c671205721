// Commands that look into evcxr itself.
// %%
let count = 3;
// %%
:vars
