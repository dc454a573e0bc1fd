# الاختيار بين مؤسسات الشخص وحساباته.
organizations-of = يمكن للحساب { $person } تسجيل الدخول إلى هذه المؤسسات.
your-organizations = مؤسساتك
search-organizations = البحث في مؤسساتك
search = بحث
no-organization-like-this = لا توجد بين مؤسساتك مؤسسة تطابق بحثك.
continue-personal = المتابعة بحساب شخصي
pages-of-organizations = المزيد من مؤسساتك
previous-page = السابق
next-page = التالي
choose-account = اختر حسابًا
accounts = الحسابات
continue-as = المتابعة باسم { $person }
use-another-account = استخدام حساب آخر
# إثبات عنوان تشترك فيه عدة مؤسسات.
prove-address = أكّد بريدك الإلكتروني
prove-address-why = سنرسل رمزًا إلى { $address }. أدخله لرؤية المؤسسات التي يمكنك تسجيل الدخول إليها.
code-was-sent = أدخل الأرقام الستة التي أرسلناها إلى { $address }.
code-for-organizations = الرمز
send-code = إرسال الرمز
use-another-address = استخدام بريد إلكتروني آخر
wrong-code-for-organizations = هذا الرمز غير صحيح أو لم يعد صالحًا. تحقّق منه، أو ارجع واطلب رمزًا جديدًا.
