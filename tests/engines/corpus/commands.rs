// Commands that only say something.
// %%
:version
// %%
:opt 1
let x = 3;
// %%
:env GREETING=hello
x
// %%
:fmt {:#?}
// %%
(1, "two")
// %%
:fmt {}
"plain"
// %%
:fmt {:?}
"plain"
