compile_error!("the prelude of the user");
