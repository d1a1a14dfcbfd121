fn patterns(__arg0: Token, __arg1: (u8, Token), #[cfg(unix)] __arg2: u8, _c: Token) {
    let __site = {
        fn __tallied_path() -> &'static ::core::primitive::str {
            ::tallied::__private::type_name_of(__tallied_path)
        }
        static __TALLIED_CELLS: ::tallied::__private::SiteCells<0> = ::tallied::__private::SiteCells::NEW;
        static __TALLIED_SITE: ::tallied::__private::Site<66> = ::tallied::__private::Site::new(
            ::tallied::__private::Definition::of_calls(
                &[
                    ::tallied::__private::Dimension::path(
                        "function",
                        ::core::module_path!(),
                        __tallied_path,
                    ),
                ],
                &[
                    ::tallied::__private::Family::counter(
                        "my_shop_function_calls_total",
                        "Calls by function and status.",
                        1,
                        true,
                    ),
                ],
                (::core::file!(), ::core::line!(), ::core::module_path!()),
                (false, false),
                ("patterns", 3, true),
            ),
            &__TALLIED_CELLS,
            &__TALLIED_SITE,
        );
        ::tallied::__private::listed!(
            __TALLIED_SITE,
            "\u{1}my_shop_function_calls_total\0\0Calls by function and status.\0function\0status\0\0\0\0\u{2}\0\0\0\0\0\0\0\u{1}\0\0\0\0\0\0\0\u{2}\0\0\0\0\0\0\0patterns\0"
        );
        let _ = ::core::option_env!("TALLIED_SERIES_BUDGET");
        &__TALLIED_SITE
    };
    ::tallied::__private::observe(
        __site,
        0,
        ::tallied::__private::At::<3>,
        move || -> () {
            #[allow(
                unused_mut,
                let_underscore_lock,
                clippy::shadow_same,
                clippy::used_underscore_binding,
                clippy::no_effect_underscore_binding
            )]
            let mut __arg0 = __arg0;
            #[allow(
                unused_mut,
                let_underscore_lock,
                clippy::shadow_same,
                clippy::used_underscore_binding,
                clippy::no_effect_underscore_binding
            )]
            let mut __arg1 = __arg1;
            #[allow(
                unused_mut,
                let_underscore_lock,
                clippy::shadow_same,
                clippy::used_underscore_binding,
                clippy::no_effect_underscore_binding
            )]
            let (a, _) = __arg1;
            #[cfg(unix)]
            #[allow(
                unused_mut,
                let_underscore_lock,
                clippy::shadow_same,
                clippy::used_underscore_binding,
                clippy::no_effect_underscore_binding
            )]
            let mut __arg2 = __arg2;
            #[cfg(unix)]
            #[allow(
                unused_mut,
                let_underscore_lock,
                clippy::shadow_same,
                clippy::used_underscore_binding,
                clippy::no_effect_underscore_binding
            )]
            let ref b = __arg2;
            #[allow(
                unused_mut,
                let_underscore_lock,
                clippy::shadow_same,
                clippy::used_underscore_binding,
                clippy::no_effect_underscore_binding
            )]
            let _c = _c;
            {
                const _: () = ();
                work(a, b)
            }
        },
        ::tallied::__private::returned::<::tallied::__private::Status, _>,
    )
}
