// Cells with nothing to run.
// %%
// only a comment
// %%
// %%
/* a block
   comment */
// %%
// first
let x = 1; // trailing
// last
// %%
x // shown
// %%

x + 1

