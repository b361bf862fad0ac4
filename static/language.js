// Chooses the language of the page before anything of it is shown: what the address asks for, what the person chose here
// before, what the browser is set to, English. The page itself reads it from <html lang>.
(function () {
  var known = ['en', 'ar', 'ko', 'es', 'fr', 'de'];
  var page = document.documentElement;
  var wanted = [new URLSearchParams(location.search).get('lang')];
  try {
    wanted.push(localStorage.getItem('daylight-language'));
  } catch {
    // Nothing may be stored here.
  }
  wanted = wanted.concat(navigator.languages || []);
  var found = wanted
    .map(function (tag) {
      return String(tag).toLowerCase().split('-')[0];
    })
    .filter(function (tag) {
      return known.indexOf(tag) >= 0;
    });
  page.lang = found[0] || 'en';
  page.dir = page.lang === 'ar' ? 'rtl' : 'ltr';
  if (page.lang === 'en') return;
  // The page is delivered in English. It stays hidden until its words are there, and not longer than that should take.
  page.classList.add('language-comes');
  setTimeout(function () {
    page.classList.remove('language-comes');
  }, 4000);
})();
