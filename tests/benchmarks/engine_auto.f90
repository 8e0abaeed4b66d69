! The gradient of the loss of a perceptron with two tanh units, and its derivatives, for AUTO-07p.
module samples
   implicit none
   integer :: n = 0
   double precision, allocatable :: x(:), target_(:), noise(:)
contains
   subroutine load()
      integer :: i
      open (77, file='samples.txt', status='old')
      read (77, *) n
      allocate (x(n), target_(n), noise(n))
      do i = 1, n
         read (77, *) x(i), target_(i), noise(i)
      end do
      close (77)
   end subroutine load
end module samples

subroutine func(ndim, u, icp, par, ijac, f, dfdu, dfdp)
   use samples
   implicit none
   integer, intent(in) :: ndim, icp(*), ijac
   double precision, intent(in) :: u(ndim), par(*)
   double precision, intent(out) :: f(ndim)
   double precision, intent(inout) :: dfdu(ndim, ndim), dfdp(ndim, *)
   double precision :: t0, t1, d0, d1, r, g(4), a(4, 4), q(4), s(4), w
   integer :: i, j, k
   if (n == 0) call load()
   g = 0; a = 0; q = 0
   do i = 1, n
      t0 = tanh(u(1)*x(i)); t1 = tanh(u(2)*x(i))
      d0 = 1 - t0*t0; d1 = 1 - t1*t1
      r = u(3)*t0 + u(4)*t1 - target_(i) - par(1)*noise(i)
      s(1) = u(3)*d0*x(i); s(2) = u(4)*d1*x(i); s(3) = t0; s(4) = t1
      g = g + r*s
      if (ijac == 0) cycle
      do k = 1, 4
         do j = 1, k
            a(j, k) = a(j, k) + s(j)*s(k)
         end do
      end do
      a(1, 1) = a(1, 1) - 2*r*u(3)*t0*d0*x(i)*x(i)
      a(2, 2) = a(2, 2) - 2*r*u(4)*t1*d1*x(i)*x(i)
      a(1, 3) = a(1, 3) + r*d0*x(i)
      a(2, 4) = a(2, 4) + r*d1*x(i)
      q = q - noise(i)*s
   end do
   w = 1d0/n
   f = g*w
   if (ijac == 0) return
   do k = 1, 4
      do j = 1, k
         dfdu(j, k) = a(j, k)*w
         dfdu(k, j) = a(j, k)*w
      end do
   end do
   if (ijac == 1) return
   dfdp(:, 1) = q*w
end subroutine func

subroutine stpnt(ndim, u, par, t)
   implicit none
   integer, intent(in) :: ndim
   double precision, intent(inout) :: u(ndim), par(*)
   double precision, intent(in) :: t
   integer :: i
   open (78, file='start.txt', status='old')
   read (78, *) (u(i), i=1, 4), par(1)
   close (78)
end subroutine stpnt

subroutine bcnd
end subroutine bcnd
subroutine icnd
end subroutine icnd
subroutine fopt
end subroutine fopt
subroutine pvls
end subroutine pvls
