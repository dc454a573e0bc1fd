# صفحة المؤسسة.
sign-in-to = تسجيل الدخول إلى { $place }
other-account-needed = لقد سجّلت الدخول باسم { $person }، لكن { $place } تتطلب حسابًا آخر.
no-options-title = لا توجد طريقة لتسجيل الدخول بعد.
no-options-organization = لا توجد طريقة تسجيل دخول مفعّلة في { $place }. اطلب من مسؤول مؤسستك تفعيل إحداها، ثم أعد تحميل هذه الصفحة.
no-options-application = لا توجد طريقة تسجيل دخول مفعّلة في { $place }. اطلب من القائمين عليه تفعيل إحداها، ثم أعد تحميل هذه الصفحة.
ways-to-sign-in = طرق تسجيل الدخول
continue-with = المتابعة باستخدام { $option }
email-or-username = البريد الإلكتروني أو اسم المستخدم
password = كلمة المرور
sign-in = تسجيل الدخول
not-your-organization = ليست { $organization }؟
choose-another-organization = اختيار مؤسسة أخرى
choose-an-organization = اختيار مؤسسة
wrong-credentials = البريد الإلكتروني أو اسم المستخدم أو كلمة المرور غير صحيح.
enter-credentials = أدخل بريدك الإلكتروني أو اسم المستخدم، وكلمة المرور.
passwords-busy = يسجّل الدخول الآن عدد كبير من الأشخاص. حاول مرة أخرى بعد لحظات.
too-many-failures = عدد كبير جدًا من المحاولات الفاشلة. انتظر { $span }، ثم حاول مرة أخرى.
