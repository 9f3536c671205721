// An implementation may come cells after its type.
// %%
#[derive(Debug, Clone)]
struct Account { balance: i64 }
// %%
impl Account { fn new() -> Self { Self { balance: 0 } } }
// %%
impl Account { fn add(&mut self, amount: i64) -> &mut Self { self.balance += amount; self } }
impl std::ops::AddAssign<i64> for Account { fn add_assign(&mut self, amount: i64) { self.balance += amount; } }
// %%
let mut account = Account::new();
account.add(5).add(6);
// %%
account += 10;
account
// %%
impl std::fmt::Display for Account { fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result { write!(f, "{} EUR", self.balance) } }
// %%
println!("{account}");
