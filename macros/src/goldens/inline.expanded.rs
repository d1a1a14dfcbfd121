fn words<'a>(text: &'a str) -> impl Iterator<Item = &'a str> {
    let __call = ::tallied::__private::Inline::begin(
        {
            fn __tallied_marker() {}
            static __TALLIED_SITE: ::tallied::__private::Site<{ 1 }> = ::tallied::__private::Site::new(
                ::tallied::__private::Definition::new(
                        ::tallied::__private::Identity::path(
                            "function",
                            ::core::module_path!(),
                            || ::tallied::__private::type_name_of(__tallied_marker),
                        ),
                        ::core::file!(),
                        ::core::line!(),
                    )
                    .counter(
                        "my_shop_function_calls_total",
                        "Calls by function and status.",
                        true,
                    ),
                &__TALLIED_SITE,
            );
            &__TALLIED_SITE
        },
        |__site| {
            ::tallied::__private::tracing::span!(
                target : ::core::module_path!(),
                ::tallied::__private::tracing::Level::INFO, "words", "function" = & *
                __site.identity(),
            )
        },
    );
    {
        ::tallied::__private::nothing();
        text.split(' ')
    }
}
