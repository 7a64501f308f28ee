a   =  1;
[1,2]  .length( ) ;


b =a;(1+2) f(  )
// last