fn words<'a>(text: &'a str) -> impl Iterator<Item = &'a str> {
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
                ("words", 3, true),
            ),
            &__TALLIED_CELLS,
            &__TALLIED_SITE,
        );
        ::tallied::__private::listed!(
            __TALLIED_SITE,
            "\u{1}my_shop_function_calls_total\0\0Calls by function and status.\0function\0status\0\0\0\0\u{2}\0\0\0\0\0\0\0\u{1}\0\0\0\0\0\0\0\u{2}\0\0\0\0\0\0\0words\0"
        );
        let _ = ::core::option_env!("TALLIED_SERIES_BUDGET");
        &__TALLIED_SITE
    };
    let __call = ::tallied::__private::Inline::begin(
        __site,
        0,
        ::tallied::__private::At::<3>,
    );
    {
        const _: () = ();
        text.split(' ')
    }
}
