fn store(
    job: &Job,
    (left, _): (u8, u8),
    body: Vec<u8>,
    token: Token,
) -> Result<usize, Error> {
    let (__site, __err, __ret) = {
        fn __tallied_path() -> &'static ::core::primitive::str {
            ::tallied::__private::type_name_of(__tallied_path)
        }
        static __TALLIED_CELLS: ::tallied::__private::SiteCells<0> = ::tallied::__private::SiteCells::NEW;
        static __TALLIED_SITE: ::tallied::__private::Site<2> = ::tallied::__private::Site::new(
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
                    (true, false),
                    ("store", 3, true),
                )
                .fields(&["job", "left", "body", "size", "id", "late"]),
            &__TALLIED_CELLS,
            &__TALLIED_SITE,
        );
        ::tallied::__private::listed!(
            __TALLIED_SITE,
            "\u{1}my_shop_function_calls_total\0\0Calls by function and status.\0function\0status\0\0\0\0\u{3}\0\0\0\0\0\0\0\u{1}\0\0\0\0\0\0\0\u{3}\0\0\0\0\0\0\0store\0"
        );
        let _ = ::core::option_env!("TALLIED_SERIES_BUDGET");
        (
            &__TALLIED_SITE,
            |__value: &dyn ::core::fmt::Display| {
                ::tallied::__private::tracing::event!(
                    target : ::core::module_path!(),
                    ::tallied::__private::tracing::Level::ERROR, "error" =
                    ::tallied::__private::tracing::field::display(__value)
                )
            },
            |__value: &dyn ::core::fmt::Debug| {
                ::tallied::__private::tracing::event!(
                    target : ::core::module_path!(),
                    ::tallied::__private::tracing::Level::INFO, "return" =
                    ::tallied::__private::tracing::field::debug(__value)
                )
            },
        )
    };
    #[allow(clippy::used_underscore_binding, clippy::no_effect_underscore_binding)]
    let __opened = match ::tallied::__private::ready(
        __site,
        ::tallied::__private::At::<3>,
    ) {
        ::core::option::Option::Some(__ready) => {
            let __preparing = ::tallied::__private::Preparing::new(__site, 0);
            let __opened = __ready
                .child_of(
                    ::core::convert::Into::<
                        ::core::option::Option<::tallied::__private::tracing::Id>,
                    >::into(&job.span),
                    0,
                    &[
                        ::core::option::Option::Some::<
                            &dyn ::tallied::__private::tracing::Value,
                        >(
                            &::tallied::__private::tracing::field::debug::<
                                &dyn ::core::fmt::Debug,
                            >(&&(job)),
                        ),
                        ::core::option::Option::Some::<
                            &dyn ::tallied::__private::tracing::Value,
                        >(
                            &::tallied::__private::tracing::field::debug::<
                                &dyn ::core::fmt::Debug,
                            >(&&(left)),
                        ),
                        ::core::option::Option::Some::<
                            &dyn ::tallied::__private::tracing::Value,
                        >(
                            &::tallied::__private::tracing::field::debug::<
                                &dyn ::core::fmt::Debug,
                            >(&&(body)),
                        ),
                        ::core::option::Option::Some::<
                            &dyn ::tallied::__private::tracing::Value,
                        >(&(body.len())),
                        ::core::option::Option::Some::<
                            &dyn ::tallied::__private::tracing::Value,
                        >(
                            &::tallied::__private::tracing::field::display::<
                                &dyn ::core::fmt::Display,
                            >(&&(job.id)),
                        ),
                        ::core::option::Option::Some::<
                            &dyn ::tallied::__private::tracing::Value,
                        >(&::tallied::__private::tracing::field::Empty),
                    ],
                );
            __preparing.done();
            ::core::option::Option::Some(__opened)
        }
        ::core::option::Option::None => ::core::option::Option::None,
    };
    ::tallied::__private::observe_in(
        __site,
        0,
        ::tallied::__private::entered(__opened),
        move || -> Result<usize, Error> {
            #[allow(clippy::shadow_same)]
            let token = token;
            {
                const _: () = ();
                Ok(body.len())
            }
        },
        move |__out| {
            match __out {
                ::core::result::Result::Ok(__value) => __ret(__value),
                ::core::result::Result::Err(__error) => __err(__error),
            }
            ::tallied::__private::Said({
                use ::tallied::__private::ask::*;
                (&&&&::tallied::__private::Ask::<
                    ::tallied::__private::Status,
                    _,
                >::new(__out))
                    .tallied_told()
            })
        },
    )
}
